// The page of `siwn dev` in a browser.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { request } from "node:http";
import { dirname } from "node:path";
import test, { after, before, describe } from "node:test";
import { dev } from "../npm/server.js";
import { REFUSED, Visitor, askToSignIn, blocksCookies, launch, logOut, picture, ready, refusedBecause, signIn, signedInAs } from "./browser.js";

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([dev(), launch()]);
});

after(async () => {
  await browser.close();
  assert.equal(await server.stop(), 0);
});

test("a login succeeds, survives a reload, and ends with a log-out", async () => {
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(server.url);
  await signIn(page, "alice.test.near");
  await signedInAs(page, "alice.test.near");
  const session = await page.locator("#signed-in").innerText();
  const { publicKey } = server.accounts.find(({ accountId }) => accountId === "alice.test.near");
  for (const text of [publicKey, "siwn-devnet", "Signed in", "Expires"]) assert.ok(session.includes(text), text);

  await page.reload();
  await ready(page);
  await signedInAs(page, "alice.test.near");

  await logOut(page);
  await page.reload();
  await ready(page);
  assert.equal(await page.getByRole("button", { name: "Sign in with NEAR" }).isVisible(), true);
  await visitor.leave([]);
});

test("the wallet says what is signed for whom before it signs", async () => {
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(server.url);
  const prompt = await askToSignIn(page, "carol.test.near");
  const words = await prompt.innerText();
  for (const text of ["Sign in to localhost", "carol.test.near", server.url, "costs nothing"]) assert.ok(words.includes(text), text);
  await prompt.getByText("Details of the signature").click();
  assert.match(await prompt.locator("#wallet-nonce").innerText(), /^[0-9a-f]{64}$/);
  await visitor.leave([]);
});

for (const [how, cancel] of [
  ["the button", (page) => page.getByRole("button", { name: "Cancel" }).click()],
  ["Escape", (page) => page.keyboard.press("Escape")],
]) {
  test(`cancelling in the wallet with ${how} sends nothing`, async () => {
    const visitor = await Visitor.enter(browser);
    const page = await visitor.open(server.url);
    // An approval before must not count for the prompt that is cancelled.
    await signIn(page, "alice.test.near");
    await signedInAs(page, "alice.test.near");
    await logOut(page);
    let sent = 0;
    page.on("request", (request) => (sent += request.url().endsWith("verify-login") ? 1 : 0));
    await askToSignIn(page, "alice.test.near");
    await cancel(page);
    await page.getByText("You cancelled: nothing was signed").waitFor();
    assert.equal(sent, 0);
    await visitor.leave([]);
  });
}

test("a function-call key is refused, and the page says why and what to do", async () => {
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(server.url);
  await signIn(page, "bob.test.near", "function call");
  const words = await refusedBecause(page, "key_not_full_access");
  assert.match(words, /The key may only call contracts; sign with a full-access key\./);
  assert.match(words, /Choose an account with full access/);
  assert.match(words, /Request\s+\S{8,}/);
  await visitor.leave([REFUSED]);
});

for (const [account, what, words] of [
  ["wallet.test.near", "a contract with a key of its own", "none: the account’s contract agreed"],
  ["ethereum.test.near", "a contract with an Ethereum key", "none: the account’s contract agreed"],
  ["multisig.test.near", "a contract, two of three", "none: the account’s contract agreed"],
  ["quantum.test.near", "full access", "ml-dsa-65:"],
]) {
  test(`${account} signs in by an authorization`, async () => {
    const visitor = await Visitor.enter(browser);
    const page = await visitor.open(server.url);
    const prompt = await askToSignIn(page, account, what);
    assert.match(await prompt.locator("#wallet-message").innerText(), /"domain": "localhost"/);
    await prompt.getByRole("button", { name: "Approve" }).click();
    await signedInAs(page, account);
    const key = await page.locator("#session-key").innerText();
    assert.ok(key.startsWith(words), key);
    await logOut(page);
    await visitor.leave([]);
  });
}

test("two tabs of one browser log in at the same time", async () => {
  const visitor = await Visitor.enter(browser);
  const first = await visitor.open(server.url);
  const second = await visitor.open(server.url);
  const prompts = [await askToSignIn(first, "alice.test.near"), await askToSignIn(second, "bob.test.near")];
  await first.bringToFront();
  await prompts[0].getByRole("button", { name: "Approve" }).click();
  await signedInAs(first, "alice.test.near");
  await second.bringToFront();
  await prompts[1].getByRole("button", { name: "Approve" }).click();
  // The browser has one session, the newest, and both tabs know.
  for (const page of [second, first]) await signedInAs(page, "bob.test.near");
  await logOut(second);
  await first.getByRole("heading", { name: /^Sign in to/ }).waitFor();
  await visitor.leave([]);
});

test("a key that is removed on the devnet is refused, and signs in again once it is back", async () => {
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(server.url);
  await page.getByRole("radio", { name: /^carol/ }).check();
  await page.getByRole("button", { name: "Remove carol.test.near’s key" }).click();
  await page.getByText("The key is gone.").waitFor();
  await signIn(page, "carol.test.near");
  assert.match(await refusedBecause(page, "key_not_found"), /Add the key back/);

  await page.getByRole("button", { name: "Add carol.test.near’s key back" }).click();
  await page.getByText("The key is back.").waitFor();
  await signIn(page, "carol.test.near");
  await signedInAs(page, "carol.test.near");
  await visitor.leave([REFUSED]);
});

for (const host of ["127.0.0.1", "[::1]"]) {
  test(`the page works at ${host} too`, async (t) => {
    const url = `http://${host}:${server.port}`;
    // Not every machine has IPv6.
    if (host === "[::1]" && !(await fetch(url).catch(() => undefined))) return t.skip("nothing listens there");
    const visitor = await Visitor.enter(browser);
    const page = await visitor.open(url);
    await signIn(page, "alice.test.near");
    await signedInAs(page, "alice.test.near");
    await logOut(page);
    await visitor.leave([]);
  });
}

test("the keyboard alone signs in and out", async () => {
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(server.url);
  await page.getByRole("radio", { name: /^alice/ }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Enter");
  await signedInAs(page, "bob.test.near");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("You are logged out").waitFor();
  await visitor.leave([]);
});

test("what happened is listed with what was sent and answered", async () => {
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(server.url);
  await signIn(page, "alice.test.near");
  await signedInAs(page, "alice.test.near");
  const entries = page.locator("#exchanges li");
  const flow = ["POST /api/auth/initiate-login", "The wallet signed", "POST /api/auth/verify-login", "GET /api/auth/session"];
  assert.equal(await entries.count(), flow.length);
  for (const [index, text] of flow.entries()) assert.ok((await entries.nth(index).innerText()).startsWith(text), text);
  await entries.nth(2).getByText("verify-login").click();
  assert.match(await entries.nth(2).innerText(), /"accountId": "alice.test.near"/);
  await visitor.leave([]);
});

test("the snippet on the page logs in with a wallet that signs NEP-413", async () => {
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(server.url);
  const snippet = await page.locator("#snippet").textContent();
  const answer = await page.evaluate(`(async () => {
    const { signMessage } = await import("/_dev/dev.js");
    const { accounts } = await (await fetch("/_dev/accounts.json")).json();
    const wallet = { signMessage: (given) => signMessage(accounts[0], given) };
    ${snippet}
    return answer.json();
  })()`);
  assert.deepEqual([answer.success, answer.accountId], [true, "alice.test.near"]);
  await page.reload();
  await signedInAs(page, "alice.test.near");
  await visitor.leave([]);
});

test("the command on the page logs in, by a token and by an authorization", async () => {
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(server.url);
  const PATH = `${dirname(process.env.SIWN_BIN)}:${process.env.PATH}`;
  for (const name of ["carol", "quantum"]) {
    await page.getByRole("radio", { name: new RegExp(`^${name}`) }).check();
    const command = await page.locator("#command").textContent();
    for (const way of ["", " --nep641"]) {
      const { stdout, stderr } = spawnSync("sh", ["-c", command + way], { encoding: "utf8", env: { PATH } });
      assert.equal(JSON.parse(stdout || "{}").accountId, `${name}.test.near`, stderr);
    }
  }
  await visitor.leave([]);
});

test("under another name, nothing is answered", async () => {
  const ask = (path, host) =>
    new Promise((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port: server.port, path, headers: { host } }, (answer) => resolve(answer.resume().statusCode));
      sent.on("error", reject).end();
    });
  for (const path of ["/", "/_dev/accounts.json", "/_dev/dev.js", "/_devnet/state", "/api/auth/session", "/metrics"]) {
    assert.equal(await ask(path, "app.example"), 403, path);
    assert.equal(await ask(path, `localhost.app.example:${server.port}`), 403, path);
  }
  assert.equal(await ask("/", `localhost:${server.port}`), 200);
});

test("while the chain cannot be asked the proof is kept, and it signs in once it can", async () => {
  const other = await dev();
  const fault = (method, body) =>
    fetch(`${other.url}/_devnet/fault`, { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) });
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(other.url);
  assert.equal((await fault("POST", { fault: "unavailable" })).status, 200);
  await signIn(page, "alice.test.near");
  assert.match(await refusedBecause(page, "chain_unavailable"), /^Could not find out[^]*The challenge is not used up/);
  assert.equal((await fault("DELETE")).status, 200);
  await page.getByRole("button", { name: "Send it again" }).click();
  await signedInAs(page, "alice.test.near");
  await visitor.leave(["503 /api/auth/verify-login"]);
  assert.equal(await other.stop(), 0);
});

test("a log-out that fails says so and what to do", async () => {
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(server.url);
  await signIn(page, "alice.test.near");
  await signedInAs(page, "alice.test.near");
  const problem = { success: false, error: "store_unavailable", message: "sessions cannot be stored right now", requestId: "request-1" };
  await page.route("**/logout", (route) => route.fulfill({ status: 503, json: problem }));
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByText(/^Sessions cannot be stored right now\. .*\(store_unavailable, request-1\)$/).waitFor();
  await visitor.leave(["503 /api/auth/logout"]);
});

test("a browser without Ed25519 is told so", async () => {
  const visitor = await Visitor.enter(browser);
  await visitor.context.addInitScript(() => {
    // The empty page before it has none.
    if (globalThis.SubtleCrypto) SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException("no such algorithm", "NotSupportedError"));
  });
  const page = await visitor.context.newPage();
  await page.goto(server.url);
  await page.getByText("This browser has no Ed25519 signatures.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Sign in with NEAR" }).isDisabled(), true);
  await visitor.leave();
});

test("a browser that blocks cookies is told so", async () => {
  const visitor = await Visitor.enter(browser);
  await visitor.context.addInitScript(blocksCookies);
  const page = await visitor.context.newPage();
  await page.goto(server.url);
  await page.getByText("This browser blocks this page's cookies").waitFor();
  assert.equal(await page.getByRole("button", { name: "Sign in with NEAR" }).isDisabled(), true);
  await visitor.leave();
});

test("a server that is gone is told as such", async () => {
  const gone = await dev();
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(gone.url);
  await page.route("**/api/auth/*", (route) => route.abort("connectionrefused"));
  await page.getByRole("button", { name: "Sign in with NEAR" }).click();
  assert.match(await refusedBecause(page, "unreachable"), /Is siwn dev still running\?/);
  await visitor.leave([], [/^failed .*\/initiate-login net::ERR_CONNECTION_REFUSED$/, /^console .*net::ERR_CONNECTION_REFUSED$/]);
  assert.equal(await gone.stop(), 0);
});

describe("the page", () => {
  for (const [width, height] of [[360, 740], [1280, 900]]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`fits ${width} pixels and stands still, ${colorScheme}`, async () => {
        const visitor = await Visitor.enter(browser, { viewport: { width, height }, colorScheme });
        const page = await visitor.open(server.url);
        const shoot = (state) => picture(page, `${width}-${colorScheme}-${state}`);
        const tops = () => page.evaluate(() => Array.from(document.querySelectorAll(".card"), (card) => card.offsetTop));
        const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
        const before = await tops();
        const stands = async (state) => {
          assert.deepEqual(await tops(), before, state);
          assert.equal(await fits(), true, state);
          await shoot(state);
        };
        await stands("signed-out");
        await askToSignIn(page, "alice.test.near");
        await stands("prompt");
        await page.getByRole("button", { name: "Approve" }).click();
        await signedInAs(page, "alice.test.near");
        await stands("signed-in");
        await logOut(page);
        await signIn(page, "bob.test.near", "function call");
        await refusedBecause(page, "key_not_full_access");
        await stands("refused");
        await visitor.leave([REFUSED]);
      });
    }
  }
});
