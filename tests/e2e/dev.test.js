// `siwn dev` as a place to develop in: test wallets that behave badly, what the server says it saw, and pages of other ports.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import test, { after, before, describe } from "node:test";
import { dev, serve } from "../npm/server.js";
import { NOBODY, REFUSED, Visitor, launch, logOut, picture, ready, refusedBecause, signIn, signedInAs } from "./browser.js";
import { doneAs, failure, heading, lastClick, settled, wallet } from "./login-page.js";

const ALICE = "alice.test.near";
const guide = readFileSync(new URL("../../docs/develop.md", import.meta.url), "utf8");

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([dev("--wallet", "A wallet of mine=http://localhost:1/sign"), launch()]);
});

after(async () => {
  await browser.close();
  assert.equal(await server.stop(), 0);
});

const enter = (options) => Visitor.enter(browser, options);

/** Ends a visit, without a last look at pages that the tests at the end look at in all their states. */
async function leave(visitor, refusals) {
  await Promise.all(visitor.context.pages().map((page) => page.close()));
  await visitor.leave(refusals);
}

/** Opens the page and has the test wallets answer in this manner. */
async function openWith(visitor, manner, at = server) {
  const page = await visitor.open(at.url);
  await page.locator(`input[value="${manner}"]`).check();
  return page;
}

/** What the page says of the newest request to this route, once it says so. */
async function saw(page, route, words) {
  const item = page.locator("#seen-list > li").filter({ hasText: route }).filter({ hasText: words }).first();
  await item.waitFor();
  return item;
}

/** Lets the test wallet sign as this account, in the manner that stands there. */
async function approveAs(page, account) {
  await page.locator("#approve:enabled").waitFor();
  await page.locator("#account").selectOption({ label: await page.locator("#account option", { hasText: account }).first().innerText() });
  await lastClick(page, page.getByRole("button", { name: "Approve" }));
}

/** What each manner comes to on the page of `siwn dev`: the account or the page's words, what the server says, what is refused. */
const OUTCOMES = {
  well: { account: ALICE, saw: "alice.test.near is signed in: the signature is good, for callbackUrl None; the key has full access, at final block" },
  base58: { account: ALICE, saw: "the signature is good, for callbackUrl None" },
  "no-state": { account: ALICE, saw: "the signature is good" },
  "no-callback": { account: ALICE, saw: "the signature is good, for callbackUrl None" },
  "nonce-object": { account: ALICE, saw: "the signature is good" },
  another: { account: "bob.test.near", saw: "bob.test.near is signed in" },
  empty: { words: "The wallet said yes and signed nothing" },
  closes: { words: "The wallet went away" },
  rejects: { words: "You said no in the wallet" },
  fails: { words: "The wallet reported an error" },
  other: { code: "signature_invalid", saw: "holds neither for callbackUrl None nor for this server’s own callback" },
  "other-nonce": { code: "signature_invalid", saw: "holds neither for callbackUrl None" },
  untagged: { code: "signature_invalid", saw: "without NEP-413’s tag" },
  "page-callback": { code: "signature_invalid", saw: "is good, but for callbackUrl http://localhost:" },
  "other-state": { code: "state_mismatch", saw: "The state that came is not this challenge’s" },
  "wrong-account": { code: "key_not_found", saw: "The signature is good, for callbackUrl None; but the key is not on the account, at final block" },
  "own-key": { code: "key_not_found", saw: "but the key is not on the account" },
  "function-call": { code: "key_not_full_access", saw: "but the key may only call contracts" },
};

describe("a wallet of each manner does what the page says, and the server says why", () => {
  test("one after the other", async (t) => {
    const visitor = await enter();
    const page = await visitor.open(server.url);
    const manners = await page.locator("input[name=manner]").evaluateAll((inputs) => inputs.map(({ value }) => value));
    assert.deepEqual(manners.toSorted(), [...Object.keys(OUTCOMES), "slow", "expired"].toSorted());
    for (const [manner, outcome] of Object.entries(OUTCOMES)) {
      await t.test(manner, async () => {
        await page.locator("#seen-list").evaluate((list) => list.replaceChildren());
        await page.locator(`input[value="${manner}"]`).check();
        await signIn(page, ALICE);
        if (outcome.account) await signedInAs(page, outcome.account);
        if (outcome.words) await page.getByText(`${outcome.words}: nothing was sent`).waitFor();
        if (outcome.code) await refusedBecause(page, outcome.code);
        if (outcome.saw) await saw(page, "/api/auth/verify-login", outcome.saw);
        if (outcome.account) await logOut(page);
      });
    }
    const refused = Object.values(OUTCOMES).filter(({ code }) => code);
    await leave(visitor, [...refused.map(() => REFUSED)]);
  });

  test("slow: the page stops waiting after two minutes", async () => {
    const visitor = await enter();
    await visitor.context.clock.install();
    const page = await openWith(visitor, "slow");
    await signIn(page, ALICE);
    await page.getByText("The wallet asks you to approve").waitFor();
    await page.clock.fastForward(121_000);
    await page.getByText("The wallet did not answer in two minutes: nothing was sent").waitFor();
    await leave(visitor, []);
  });

  test("expired: the server’s clock is put forward, and the challenge is over", async () => {
    const other = await dev();
    const visitor = await enter();
    const page = await openWith(visitor, "expired", other);
    await signIn(page, ALICE);
    await refusedBecause(page, "challenge_expired");
    await saw(page, "/api/auth/verify-login", "The challenge came too late: the challenge expired");
    await page.getByText("5 minutes ahead").waitFor();
    await leave(visitor, [REFUSED]);
    assert.equal(await other.stop(), 0);
  });
});

describe("on the login page the test wallets stand in the list", () => {
  test("all three, and the one that was named on the command line", async () => {
    const visitor = await enter();
    const page = await visitor.open(server.url);
    await page.getByRole("link", { name: "the login page" }).first().click();
    await settled(page);
    const names = await page.locator("#wallets b").allInnerTexts();
    assert.deepEqual(names.toSorted(), ["A wallet of mine", "Installed test wallet", "Sandboxed test wallet", "Test wallet"]);
    await page.goto(server.url);
    await page.getByLabel("installed in this browser").uncheck();
    await page.goto(`${server.url}/login`);
    await settled(page);
    assert.equal(await wallet(page, "Installed test wallet").count(), 0);
    await leave(visitor, []);
  });

  for (const [manner, account, callback] of [
    ["well", ALICE, /for callbackUrl http:\/\/localhost:\d+\/api\/auth\/callback\?tx=…/],
    ["no-callback", ALICE, "for callbackUrl None"],
    ["well", "quantum.test.near", /for callbackUrl http/],
  ]) {
    test(`by the website: ${manner}, ${account}`, async () => {
      const visitor = await enter();
      const page = await openWith(visitor, manner);
      await page.goto(`${server.url}/login?return_to=/`);
      await settled(page);
      await wallet(page, "Test wallet").click();
      await approveAs(page, account);
      await signedInAs(page, account);
      await saw(page, "/api/auth/verify-login", callback);
      await leave(visitor, []);
    });
  }

  const INSTALLED = "Installed test wallet";
  const SANDBOXED = "Sandboxed test wallet";
  const saidNo = async (page) => assert.match(await failure(page), /You said no|cancel/i);
  for (const [name, manner, expected, refusals] of [
    [INSTALLED, "well", (page) => doneAs(page, ALICE), []],
    [INSTALLED, "another", (page) => doneAs(page, "bob.test.near"), []],
    [INSTALLED, "empty", saidNo, []],
    [INSTALLED, "closes", saidNo, []],
    [INSTALLED, "fails", async (page) => assert.match(await failure(page), /The wallet reported an error/), []],
    [SANDBOXED, "base58", (page) => doneAs(page, ALICE), []],
    [SANDBOXED, "closes", saidNo, []],
    [SANDBOXED, "wrong-account", async (page) => assert.match(await failure(page), /key_not_found/), [REFUSED]],
  ]) {
    test(`by the ${name.toLowerCase()}: ${manner}`, async () => {
      const visitor = await enter();
      const page = await openWith(visitor, manner);
      await page.goto(`${server.url}/login`);
      await settled(page);
      const asked = page.waitForEvent("popup");
      await wallet(page, name).click();
      await approveAs(await asked, ALICE);
      await expected(page);
      await leave(visitor, [...refusals]);
    });
  }

  test("who goes away on the website’s page comes back to a choice", async () => {
    const visitor = await enter();
    const page = await openWith(visitor, "closes");
    await page.goto(`${server.url}/login`);
    await settled(page);
    await wallet(page, "Test wallet").click();
    await approveAs(page, ALICE);
    await heading(page, "Choose your wallet");
    await leave(visitor, []);
  });
});

describe("what the server saw", () => {
  test("is told step by step, with what NEAR was asked", async () => {
    const visitor = await enter();
    const page = await openWith(visitor, "wrong-account");
    await signIn(page, ALICE);
    await refusedBecause(page, "key_not_found");
    const item = await saw(page, "/api/auth/verify-login", "key_not_found");
    await item.locator("summary").click();
    const words = await item.innerText();
    for (const text of [
      /The challenge\s+is this server’s, in time, and was issued to this client/,
      /The signature\s+is good, for callbackUrl None/,
      /The account\s+The signature is good/,
      /The session\s+was not looked at/,
      /Asked by\s+a page of this server/,
      /Asked NEAR\s+what bob\.test\.near grants ed25519:\S+: the key is not on the account, at final block \d+/,
      /RPC calls\s+block final; query view_access_key bob\.test\.near at block \S+…/,
    ]) assert.match(words, text);
    await leave(visitor, [REFUSED]);
  });

  test("comes from everywhere: a command line, a page that may not, a body that cannot be read", async () => {
    const post = (path, headers, body) => fetch(`${server.url}/api/auth/${path}`, { method: "POST", headers, body });
    assert.equal((await post("initiate-login", {})).status, 200);
    assert.equal((await post("initiate-login", { origin: "https://app.example", "sec-fetch-site": "cross-site" })).status, 403);
    assert.equal((await post("verify-login", { "content-type": "text/plain" }, "{}")).status, 415);
    assert.equal((await post("verify-login", { "content-type": "application/json", "sec-fetch-site": "same-origin" }, "{}")).status, 403);
    const visitor = await enter();
    const page = await visitor.open(server.url);
    await saw(page, "/api/auth/initiate-login", "good from programs only");
    await saw(page, "/api/auth/initiate-login", "The page’s origin is https://app.example, Sec-Fetch-Site cross-site. Expected: this server’s own");
    await saw(page, "/api/auth/verify-login", "Content-Type is text/plain, expected application/json");
    await saw(page, "/api/auth/verify-login", "The cookie siwn-browser did not come");
    await leave(visitor, []);
  });

  test("holds no secret, and is for this server’s own pages only", async () => {
    const visitor = await enter();
    const page = await openWith(visitor, "well");
    let signature;
    page.on("request", (request) => (signature ??= request.postDataJSON?.()?.signature));
    await signIn(page, ALICE);
    await signedInAs(page, ALICE);
    const cookies = await visitor.context.cookies();
    const words = await page.evaluate(() => fetch("/_dev/seen").then((answer) => answer.text()));
    for (const secret of [signature, ...cookies.filter(({ httpOnly }) => httpOnly).map(({ value }) => value)]) {
      assert.ok(secret.length > 20 && !words.includes(secret));
    }
    for (const path of ["/_dev/seen", "/_dev/accounts.json"]) {
      const answer = await fetch(`${server.url}${path}`, { headers: { "sec-fetch-site": "same-site" } });
      assert.equal(answer.status, 403, path);
      assert.equal(answer.headers.get("access-control-allow-origin"), null);
    }
    const passed = await fetch(`${server.url}/_dev/clock`, {
      method: "POST",
      headers: { "content-type": "application/json", "sec-fetch-site": "same-site" },
      body: '{"forward":1}',
    });
    assert.equal(passed.status, 403);
    await leave(visitor, []);
  });
});

describe("switches", () => {
  let own;
  before(async () => (own = await dev()));
  after(async () => assert.equal(await own.stop(), 0));

  test("a session ends with its key, when the key is asked for again", async () => {
    const visitor = await enter();
    const page = await visitor.open(own.url);
    await signIn(page, "carol.test.near");
    await signedInAs(page, "carol.test.near");
    await page.getByRole("radio", { name: /^carol/, includeHidden: true }).evaluate((radio) => radio.click());
    await page.getByRole("button", { name: "Remove carol.test.near’s key" }).click();
    await page.getByText("The key is gone.").waitFor();
    // Not before it is asked for: the session is good for a while.
    await page.reload();
    await ready(page);
    await signedInAs(page, "carol.test.near");
    await page.getByRole("button", { name: "Pass 20 minutes" }).click();
    await page.getByText("The session is over. What the server saw says why.").waitFor();
    await saw(page, "the server itself", "so NEAR was asked again: the key is not on the account");
    await saw(page, "the server itself", "A session of carol.test.near was ended: the account does not have the key any more");
    await page.getByText("20 minutes ahead").waitFor();
    await leave(visitor, [NOBODY]);
  });

  test("a session that is a week old is over", async () => {
    const visitor = await enter();
    const page = await visitor.open(own.url);
    await signIn(page, ALICE);
    await signedInAs(page, ALICE);
    await page.getByRole("button", { name: "Pass 7 days" }).click();
    await page.getByText("The session is over.").waitFor();
    await saw(page, "/api/auth/session", "no session is alive under it");
    // What comes after is good: the devnet went along.
    await signIn(page, ALICE);
    await signedInAs(page, ALICE);
    await leave(visitor, [NOBODY]);
  });

  test("an account is deleted, refused, and brought back with its keys", async () => {
    const visitor = await enter();
    const page = await visitor.open(own.url);
    await page.getByRole("radio", { name: /^bob.*full access$/ }).check();
    await page.getByRole("button", { name: "Delete bob.test.near" }).click();
    await page.getByText("The account is gone.").waitFor();
    await signIn(page, "bob.test.near");
    await refusedBecause(page, "account_not_found");
    await saw(page, "/api/auth/verify-login", "there is no such account, at final block");
    await page.getByRole("button", { name: "Bring bob.test.near back" }).click();
    await page.getByText("The account is back, with its keys.").waitFor();
    await signIn(page, "bob.test.near", "function call");
    await refusedBecause(page, "key_not_full_access");
    await signIn(page, "bob.test.near");
    await signedInAs(page, "bob.test.near");
    await leave(visitor, [REFUSED, REFUSED]);
  });

  test("a node that is down, answers nonsense or stands still is neither a yes nor a no", async (t) => {
    const visitor = await enter();
    const page = await visitor.open(own.url);
    const faults = {
      "Is down": ["Each call is answered 503.", /status 503/],
      "Answers nonsense": ["The node answers with a web page", /NEAR could not be asked/],
      "Stands still": ["The node stands still two minutes ago", /NEAR could not be asked/],
    };
    for (const [fault, [means, words]] of Object.entries(faults)) {
      await t.test(fault, async () => {
        await page.locator("#seen-list").evaluate((list) => list.replaceChildren());
        await page.getByLabel("The node").selectOption({ label: fault });
        // It is said once it is so.
        await page.getByText(means).waitFor();
        await signIn(page, ALICE);
        await refusedBecause(page, "chain_unavailable");
        const item = await saw(page, "/api/auth/verify-login", "NEAR could not be asked");
        await item.locator("summary").click();
        assert.match(await item.innerText(), words);
        await page.getByLabel("The node").selectOption({ label: "Works" });
        await page.getByText("The node answers as it should.").waitFor();
        await page.getByRole("button", { name: "Send it again" }).click();
        await signedInAs(page, ALICE);
        await logOut(page);
      });
    }
    await leave(visitor, Array(3).fill("503 /api/auth/verify-login"));
  });
});

describe("one name for this machine", () => {
  test("whoever opens a page by the address is sent to the name, with what he asked for", async () => {
    const visitor = await enter();
    const page = await visitor.open(`http://127.0.0.1:${server.port}/login?return_to=/&lang=de`, settled);
    assert.equal(page.url(), `${server.url}/login?lang=de`);
    await page.goto(`http://127.0.0.1:${server.port}/`);
    await ready(page);
    assert.equal(page.url(), `${server.url}/`);
    await leave(visitor, []);
  });

  test("programs, and front ends that hand the pages on, are answered where they ask", async () => {
    const at = (path, headers) => fetch(`http://127.0.0.1:${server.port}${path}`, { headers, redirect: "manual" });
    assert.equal((await at("/")).status, 200);
    assert.equal((await at("/api/auth/session", { "sec-fetch-mode": "navigate" })).status, 401);
    assert.equal((await at("/login", { "sec-fetch-mode": "navigate", "x-forwarded-host": "localhost:3000" })).status, 200);
  });
});

/** The first block of this language in the guide, at the server's own address. */
function example(language, within, url = server.url) {
  const blocks = guide.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``, "g"));
  const found = Array.from(blocks, ([, text]) => text).find((text) => text.includes(within));
  assert.ok(found, within);
  return found.replaceAll("http://localhost:8080", url).replaceAll("localhost:8080", new URL(url).host);
}

/** Serves on a port of its own, and answers at which name it is reached. */
async function serving(t, handle) {
  const other = createServer(handle).listen(0);
  await once(other, "listening");
  t.after(() => (other.closeAllConnections(), other.close()));
  return (host = "localhost") => `http://${host}:${other.address().port}`;
}

const page = (html) => (request, response) => {
  response.writeHead(request.url.startsWith("/") && !request.url.startsWith("/favicon") ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
  response.end(html);
};

describe("applications on other ports", () => {
  test("the guide’s front end signs in by the login page, knows who it is, and signs out", async (t) => {
    const at = await serving(t, page(example("html", "My application")));
    const visitor = await enter();
    const app = await visitor.open(at(), (opened) => opened.getByText("Nobody is signed in").waitFor());
    await picture(app, "front-end");
    await app.getByRole("button", { name: "Sign in" }).click();
    await settled(app);
    await wallet(app, "Test wallet").click();
    await approveAs(app, ALICE);
    await app.getByText(`Hello, ${ALICE}`).waitFor();
    assert.equal(app.url(), `${at()}/`);
    const guest = await visitor.open(server.url);
    await saw(guest, "/api/auth/session", `${ALICE} is signed in.`);
    await app.getByRole("button", { name: "Sign out" }).click();
    await app.getByText("Nobody is signed in").waitFor();
    // At the beginning and in the end: whoever has no session is refused one.
    await leave(visitor, [NOBODY, NOBODY]);
  });

  test("a front end with a wallet of its own signs in: with a cookie on localhost, with a bearer token on 127.0.0.1", async (t) => {
    const at = await serving(t, page('<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>app</title><main><h1>app</h1></main>'));
    const { privateKey, publicKey } = server.accounts.find(({ accountId }) => accountId === ALICE);
    for (const [host, form] of [["localhost", "cookie"], ["127.0.0.1", "bearer"]]) {
      const visitor = await enter();
      await visitor.context.exposeFunction("signs", (wish) => signatureOf({ accountId: ALICE, privateKey, publicKey }, wish));
      const app = await visitor.open(at(host), () => {});
      const session = await app.evaluate(async (client) => {
        const { signIn, getSession } = await import(client);
        const wallet = { signMessage: ({ message, recipient, nonce }) => globalThis.signs({ message, recipient, nonce: Array.from(nonce) }) };
        const { token } = await signIn(wallet);
        return { form: token ? "bearer" : "cookie", account: (await getSession({ token }))?.accountId };
      }, `${server.url}/api/auth/client.js`);
      assert.deepEqual(session, { form, account: ALICE });
      await leave(visitor, []);
    }
  });

  test("a page that is not on this machine may not", async () => {
    for (const origin of ["https://app.example", "http://localhost.app.example", "https://localhost:5173", "null"]) {
      const answer = await fetch(`${server.url}/api/auth/session`, { headers: { origin } });
      assert.equal(answer.headers.get("access-control-allow-origin"), null, origin);
    }
    const allowed = await fetch(`${server.url}/api/auth/session`, { headers: { origin: "http://localhost:5173" } });
    assert.equal(allowed.headers.get("access-control-allow-origin"), "http://localhost:5173");
    assert.equal(allowed.headers.get("access-control-allow-credentials"), "true");
  });

  test("the guide’s application in Node knows who its visitor is", async (t) => {
    const code = example("js", "createServer");
    const source = code.replace("listen(3000, \"localhost\")", "listen(0, \"localhost\")").replace("createServer(async", "export const app = createServer(async");
    const { app } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
    if (!app.listening) await once(app, "listening");
    t.after(() => (app.closeAllConnections(), app.close()));
    const url = `http://localhost:${app.address().port}`;
    const visitor = await enter();
    const page = await visitor.open(`${url}/some/page`, settled);
    await wallet(page, "Test wallet").click();
    await approveAs(page, ALICE);
    await page.getByText(`Hello, ${ALICE}`).waitFor();
    assert.equal(page.url(), `${url}/some/page`);
    await leave(visitor, []);
  });

  test("the guide’s server of one’s own signs in with the devnet and the test wallet", async () => {
    const command = example("sh", "siwn serve");
    const settings = Object.fromEntries(Array.from(command.matchAll(/(SIWN_\w+)=("[^"]*"|\S+)/g), ([, name, value]) => [name, value.replaceAll('"', "")]));
    const { SIWN_LISTEN, ...others } = settings;
    assert.equal(SIWN_LISTEN, "127.0.0.1:8081");
    const own = await serve(others);
    const visitor = await enter();
    const page = await visitor.open(`${own.url}/login`, settled);
    await wallet(page, "Test wallet").click();
    await approveAs(page, ALICE);
    await doneAs(page, ALICE);
    await leave(visitor, []);
    assert.equal(await own.stop(), 0);
  });

  test("the guide’s account of one’s own is there when its block is final", async () => {
    const command = example("sh", "_devnet/accounts");
    const body = command.match(/-d '(.*)'/)[1];
    const added = await fetch(`${server.url}/_devnet/accounts`, { method: "POST", headers: { "content-type": "application/json" }, body });
    assert.equal(added.status, 200);
    const { height } = await added.json();
    const blocks = { method: "POST", headers: { "content-type": "application/json" }, body: '{"count":3}' };
    await fetch(`${server.url}/_devnet/blocks`, blocks);
    const state = await (await fetch(`${server.url}/_devnet/state`)).json();
    assert.ok(state.final.height >= height);
    const { accountId, publicKey } = JSON.parse(body);
    assert.deepEqual(state.accounts.find((account) => account.accountId === accountId).keys.map((key) => key.publicKey), [publicKey]);
  });
});

async function signatureOf(account, wish) {
  const { signMessage } = await import("../../crates/siwn-cli/assets/sign.js");
  return signMessage(account, wish);
}

test("what it prints is what a stranger needs", () => {
  const [address, ...accounts] = server.words.split("\n");
  assert.equal(address, server.url);
  for (const [index, name] of ["alice", "bob", "carol"].entries()) assert.match(accounts[index], new RegExp(`^${name}\\.test\\.near ed25519:\\w+$`));
  assert.ok(server.words.includes(`siwn login ${server.url} --account ${ALICE}`));
  assert.ok(server.words.includes("http://localhost:*"));
});

describe("the page", () => {
  // Each width and each scheme once: login.test.js has them all, of the same page.
  for (const [width, height, colorScheme] of [[360, 740, "dark"], [1280, 900, "light"]]) {
    test(`is for everybody, ${width} pixels, ${colorScheme}`, async () => {
      const visitor = await enter({ viewport: { width, height }, colorScheme });
      const page = await visitor.open(server.url);
      const shoot = async (state) => {
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, state);
        await picture(page, `dev-${width}-${colorScheme}-${state}`);
      };
      if (width < 900) await page.getByText("They answer:").click();
      await page.locator('input[value="page-callback"]').check();
      await signIn(page, ALICE);
      await refusedBecause(page, "signature_invalid");
      const item = await saw(page, "/api/auth/verify-login", "signature_invalid");
      await item.locator("summary").click();
      await visitor.look(page);
      await shoot("refused");
      await page.locator('input[value="well"]').check();
      await signIn(page, ALICE);
      await signedInAs(page, ALICE);
      await saw(page, "/api/auth/verify-login", "is signed in");
      await shoot("signed-in");
      const wallet = await visitor.context.newPage();
      await wallet.goto(`${server.url}/_dev/wallet?message=Sign+in+to+localhost&recipient=localhost&nonce=${"A".repeat(43)}%3D`);
      await wallet.locator("#approve:enabled").waitFor();
      await picture(wallet, `dev-${width}-${colorScheme}-wallet`);
      await visitor.leave([REFUSED]);
    });
  }
});
