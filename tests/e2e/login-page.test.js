// The login page in a browser: by a wallet's website, by an installed wallet, by a command line.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import test, { after, before, describe } from "node:test";
import { signMessage } from "../../crates/siwn-cli/assets/sign.js";
import { dev } from "../npm/server.js";
import { NOBODY, REFUSED, Visitor, launch, picture } from "./browser.js";
import { approve, doneAs, failure, heading, isAccessible, reject, settled, shifts, wallet } from "./login-page.js";

const ALICE = "alice.test.near";

let server;
let browser;
let login;

before(async () => {
  [server, browser] = await Promise.all([dev(), launch()]);
  login = `${server.url}/login`;
});

after(async () => {
  await browser.close();
  assert.equal(await server.stop(), 0);
});

const enter = (options) => Visitor.enter(browser, options);

const session = (page) => page.evaluate(() => fetch("/api/auth/session").then((answer) => answer.json()));

describe("by a wallet's website", () => {
  for (const manner of ["well", "no-callback", "no-state", "base58"]) {
    test(`somebody signs in, and nothing of it stays in an address (${manner})`, async () => {
      const visitor = await enter();
      const page = await visitor.open(login, settled);
      const addresses = [];
      page.on("framenavigated", (frame) => addresses.push(frame.url()));
      await wallet(page, "Test wallet").click();
      await approve(page, ALICE, manner);
      await doneAs(page, ALICE);
      assert.equal((await session(page)).accountId, ALICE);
      assert.equal(page.url(), login);
      // Going back leads nowhere where the signature is.
      await page.goBack();
      assert.ok(!page.url().includes("signature"), page.url());
      await visitor.leave([NOBODY]);
    });
  }

  test("a refusal signs nobody in, says so, and another try does", async () => {
    const visitor = await enter();
    const page = await visitor.open(login, settled);
    await wallet(page, "Test wallet").click();
    await reject(page);
    assert.match(await failure(page), /You said no in the wallet/);
    assert.equal(new URL(page.url()).pathname, "/api/auth/callback");
    assert.equal(new URL(page.url()).hash, "");
    await page.getByRole("link", { name: "Try again" }).click();
    await heading(page, "Choose your wallet");
    await wallet(page, "Test wallet").click();
    await approve(page, ALICE);
    await doneAs(page, ALICE);
    await visitor.leave([NOBODY, NOBODY]);
  });

  for (const [manner, account, code, words] of [
    ["other", ALICE, "signature_invalid", /signed something else/],
    ["well", "bob.test.near, function call", "key_not_full_access", /full-access key/],
  ]) {
    test(`what the server refuses is told with what to do: ${code}`, async () => {
      const visitor = await enter();
      const page = await visitor.open(login, settled);
      await wallet(page, "Test wallet").click();
      await approve(page, account, manner);
      const told = await failure(page);
      assert.match(told, words);
      assert.match(told, new RegExp(code));
      await visitor.leave([NOBODY, REFUSED]);
    });
  }

  test("an error of the wallet is told, and its words are not repeated", async () => {
    const visitor = await enter();
    const page = await visitor.open(login, settled);
    await wallet(page, "Test wallet").click();
    await approve(page, ALICE, "fails");
    const told = await failure(page);
    assert.match(told, /The wallet reported an error/);
    assert.ok(!told.includes("went wrong"));
    await visitor.leave([NOBODY]);
  });

  test("an answer that was asked for in another browser signs nobody in", async () => {
    const [mallory, victim] = [await enter(), await enter()];
    const theirs = await mallory.open(login, settled);
    // The browser stays where it is.
    await theirs.route("**/api/auth/callback*", (route) => route.fulfill({ status: 204 }));
    await wallet(theirs, "Test wallet").click();
    // What stands behind the # is in no request: it is taken from the page.
    await theirs.getByRole("button", { name: "Approve" }).and(theirs.locator(":enabled")).waitFor();
    await theirs.evaluate(() => navigation.addEventListener("navigate", ({ destination }) => (globalThis.went = destination.url)));
    await theirs.getByRole("button", { name: "Approve" }).click();
    const answer = await theirs.waitForFunction(() => globalThis.went).then((handle) => handle.jsonValue());
    assert.match(answer, /#.*signature=/);

    const page = await victim.open(login, settled);
    await page.evaluate(() => fetch("/api/auth/initiate-login", { method: "POST" }).then((begun) => begun.text()));
    await page.goto(answer);
    assert.match(await failure(page), /took too long, or was used already/);
    assert.equal((await page.context().cookies()).some(({ name }) => name === "siwn"), false);
    await mallory.context.close();
    await victim.leave([NOBODY, REFUSED]);
  });

  test("a callback without an answer says so", async () => {
    const visitor = await enter();
    const page = await visitor.open(`${server.url}/api/auth/callback?tx=abc`, settled);
    assert.match(await failure(page), /sent no answer/);
    await visitor.leave([]);
  });

  test("while the chain cannot be asked the answer is kept, and sent again on demand", async () => {
    const other = await dev();
    const fault = (method, body) =>
      fetch(`${other.url}/_devnet/fault`, { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) });
    const visitor = await enter();
    const page = await visitor.open(`${other.url}/login?return_to=/_devnet/state`, settled);
    await fault("POST", { fault: "unavailable" });
    await wallet(page, "Test wallet").click();
    await approve(page, ALICE);
    assert.match(await failure(page), /Could not find out[^]*Nothing is lost/);
    await fault("DELETE");
    await page.getByRole("button", { name: "Send it again" }).click();
    await page.waitForURL(`${other.url}/_devnet/state`);
    await visitor.leave([NOBODY, "503 /api/auth/verify-login"]);
    assert.equal(await other.stop(), 0);
  });
});

describe("by an installed wallet", () => {
  /** What extensions do: they make themselves known to pages that ask. */
  async function install(visitor, { features = { signInAndSignMessage: true }, answers = "well" } = {}) {
    const { accountId, ...account } = server.accounts.find(({ accountId }) => accountId === ALICE);
    await visitor.context.exposeFunction("extensionSigns", (wish) => signMessage({ accountId, ...account }, wish));
    await visitor.context.addInitScript(
      ({ accountId, features, answers }) => {
        const calls = (globalThis.calls = []);
        const sign = async (wish) => {
          calls.push({ address: location.href, nonce: Array.isArray(wish.nonce) ? "numbers" : "bytes" });
          if (answers === "no") throw new Error("User rejected");
          if (answers === "nothing") return { accountId, publicKey: "", signature: "" };
          if (answers === "silence") return new Promise(() => {});
          return globalThis.extensionSigns({ ...wish, nonce: Array.from(wish.nonce) });
        };
        const detail = {
          manifest: { id: "extension", name: "An extension", features },
          signInAndSignMessage: async ({ messageParams }) => [{ accountId, publicKey: "", signedMessage: await sign(messageParams) }],
          signIn: async () => [{ accountId }],
          signMessage: sign,
          signOut: async () => void (calls.push("signOut")),
        };
        addEventListener("near-selector-ready", () => dispatchEvent(new CustomEvent("near-wallet-injected", { detail })));
      },
      { accountId, features, answers },
    );
  }

  const calls = (page) => page.evaluate(() => globalThis.calls);

  test("somebody signs in, is known at the next visit, and the wallet forgets the page", async () => {
    const visitor = await enter();
    await install(visitor);
    const page = await visitor.open(`${login}?return_to=/login%3Fhere`, settled);
    assert.equal(await page.locator("#wallets li").first().innerText(), "A\nAn extension\nInstalled\nInstalled");
    await wallet(page, "An extension").click();
    await page.waitForURL(login);
    await doneAs(page, ALICE);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    assert.match(await page.locator("#wallets li").first().innerText(), /An extension/);
    await page.reload();
    await settled(page);
    assert.match(await page.locator("#wallets li").first().innerText(), /An extension[^]*Last used/);
    await visitor.leave([NOBODY, NOBODY]);
  });

  test("a wallet learns the page's address, and nothing of where people go on to", async () => {
    const visitor = await enter();
    await install(visitor, { answers: "no" });
    const page = await visitor.open(`${login}?return_to=/secret%3Fcode=1&lang=en`, settled);
    await wallet(page, "An extension").click();
    await failure(page);
    assert.deepEqual(await calls(page), [{ address: `${login}?lang=en`, nonce: "bytes" }]);
    await visitor.leave([NOBODY]);
  });

  test("a wallet that cannot do both at once is asked again after a second click", async () => {
    const visitor = await enter();
    await install(visitor, { features: {} });
    const page = await visitor.open(login, settled);
    await wallet(page, "An extension").click();
    await page.getByText("One more step: approve the message in An extension.").waitFor();
    assert.deepEqual(await calls(page), []);
    await page.getByRole("button", { name: "Continue" }).click();
    await doneAs(page, ALICE);
    assert.equal((await calls(page)).at(-1), "signOut");
    await visitor.leave([NOBODY]);
  });

  for (const answers of ["no", "nothing"]) {
    test(`a refusal is no fault, and can be tried again (${answers})`, async () => {
      const visitor = await enter();
      await install(visitor, { answers });
      const page = await visitor.open(login, settled);
      await wallet(page, "An extension").click();
      assert.match(await failure(page), /Not signed in[^]*You said no in the wallet/);
      await page.getByRole("button", { name: "Try again" }).click();
      await page.waitForFunction(() => globalThis.calls.length === 2);
      await failure(page);
      await page.getByRole("button", { name: "Choose another wallet" }).click();
      await heading(page, "Choose your wallet");
      await visitor.leave([NOBODY]);
    });
  }

  test("a wallet that stays silent can be left", async () => {
    const visitor = await enter();
    await install(visitor, { answers: "silence" });
    const page = await visitor.open(login, settled);
    await wallet(page, "An extension").click();
    await page.getByText("You approve in An extension").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await heading(page, "Choose your wallet");
    await visitor.leave([NOBODY]);
  });

  test("a challenge that expired while the wallet was open is replaced by itself", async () => {
    const visitor = await enter();
    await install(visitor);
    const page = await visitor.open(login, settled);
    const expired = { success: false, error: "challenge_expired", message: "the challenge expired; start over", requestId: "r" };
    await page.route("**/verify-login", (route) => route.fulfill({ status: 401, json: expired }), { times: 1 });
    await wallet(page, "An extension").click();
    await doneAs(page, ALICE);
    assert.equal((await calls(page)).filter((call) => call !== "signOut").length, 2);
    await visitor.leave([NOBODY, REFUSED]);
  });

  test("two tabs sign in, and the older one knows who it is after a reload", async () => {
    const visitor = await enter();
    await install(visitor);
    const [one, other] = [await visitor.open(login, settled), await visitor.open(login, settled)];
    await wallet(one, "An extension").click();
    await doneAs(one, ALICE);
    await wallet(other, "An extension").click();
    await doneAs(other, ALICE);
    await one.reload();
    await doneAs(one, ALICE);
    await visitor.leave([NOBODY, NOBODY]);
  });
});

describe("by a wallet in a sandbox of the page", () => {
  const NAME = "Sandboxed test wallet";

  /** Chooses the wallet, and answers the window that it opens. */
  async function choose(page) {
    const window = page.waitForEvent("popup");
    await wallet(page, NAME).click();
    return window;
  }

  test("somebody signs in, and the wallet keeps nothing here", async () => {
    const visitor = await enter();
    const page = await visitor.open(`${login}?return_to=/login`, settled);
    const window = await choose(page);
    // What it learns of the page is its address.
    assert.equal(await page.frames().at(-1).evaluate(() => globalThis.selector.location), login);
    await picture(page, "login-sandbox");
    await approve(window, ALICE);
    await doneAs(page, ALICE);
    assert.equal((await session(page)).accountId, ALICE);
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), ["siwn last wallet"]);
    await visitor.leave([NOBODY]);
  });

  for (const [how, leave] of [
    ["in its window", (window) => reject(window)],
    ["by closing its window", (window) => window.close()],
  ]) {
    test(`saying no ${how} is no fault, and can be tried again`, async () => {
      const visitor = await enter();
      const page = await visitor.open(login, settled);
      const window = await choose(page);
      await window.getByRole("button", { name: "Reject" }).and(window.locator(":enabled")).waitFor();
      await leave(window);
      assert.match(await failure(page), /You said no in the wallet/);
      const again = page.waitForEvent("popup");
      await page.getByRole("button", { name: "Try again" }).click();
      await approve(await again, ALICE);
      await doneAs(page, ALICE);
      await visitor.leave([NOBODY]);
    });
  }

  test("a window that the browser blocks is told with what to do", async () => {
    const visitor = await enter();
    await visitor.context.addInitScript(() => (globalThis.open = () => null));
    const page = await visitor.open(login, settled);
    await wallet(page, NAME).click();
    assert.match(await failure(page), /blocked the wallet's window[^]*popup_blocked/);
    await visitor.leave([NOBODY]);
  });

  test("a script that is gone, or another one than the manifest says, is told at once and never run", async () => {
    const visitor = await enter();
    const page = await visitor.open(login, settled);
    await page.route("**/_dev/sandbox.js", (route) => route.fulfill({ status: 404, body: "Not Found" }));
    await wallet(page, NAME).click();
    assert.match(await failure(page), /The wallet reported an error/);
    await page.unroute("**/_dev/sandbox.js");
    const window = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Try again" }).click();
    await approve(await window, ALICE);
    await doneAs(page, ALICE);
    assert.ok(visitor.refusals.includes("404 /_dev/sandbox.js"));
    await visitor.context.close();
  });

  test("a page that opened this one cannot put a wallet into it", async () => {
    const visitor = await enter();
    const hostile = await visitor.open(server.url);
    const opened = visitor.context.waitForEvent("page");
    await hostile.evaluate((login) => void (globalThis.opened = open(login)), login);
    const page = await opened;
    await settled(page);
    await hostile.evaluate(() => globalThis.opened.postMessage({ type: "near-wallet-injected", manifest: { id: "hot-wallet", name: "HOT" } }, "*"));
    assert.equal(await page.evaluate(() => globalThis.opener), null);
    assert.equal(await page.locator("#wallets li").filter({ hasText: "HOT" }).count(), 0);
    await visitor.context.close();
  });
});

describe("by a command line", () => {
  test("the command that is shown signs in with what it prints", async () => {
    const visitor = await enter();
    const page = await visitor.open(login, settled);
    await page.getByText("Sign on the command line").click();
    await page.getByLabel("Account").fill(ALICE);
    const command = page.locator("#siwn-command");
    await command.filter({ hasText: ALICE }).waitFor();
    assert.match(await page.locator("#near-command").innerText(), /^near message sign-nep413 utf8 'Sign in to localhost' nonce \S{44} recipient localhost sign-as alice.test.near$/);
    const { privateKey } = server.accounts.find(({ accountId }) => accountId === ALICE);
    const env = { PATH: `${dirname(process.env.SIWN_BIN)}:${process.env.PATH}`, SIWN_PRIVATE_KEY: privateKey };
    const { stdout, stderr } = spawnSync("sh", ["-c", await command.innerText()], { encoding: "utf8", env });
    assert.equal(stderr, "");
    await page.getByLabel("Output or token").fill(stdout);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await doneAs(page, ALICE);
    await visitor.leave([NOBODY]);
  });

  test("text without a signature is told at once, and nothing is sent", async () => {
    const visitor = await enter();
    const page = await visitor.open(login, settled);
    await page.getByText("Sign on the command line").click();
    await page.getByLabel("Account").fill(ALICE);
    await page.getByLabel("Output or token").fill("error: no such key");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByText("There is no signature in this text.").waitFor();
    await isAccessible(page, "paste");
    await visitor.leave([NOBODY]);
  });
});

describe("where people go on to", () => {
  for (const [given, expected] of [
    ["/_devnet/state", "/_devnet/state"],
    ["//evil.example/a", null],
    ["https://evil.example/a", null],
    ["/\\evil.example", null],
    ["/%09/evil.example", null],
    ["javascript:alert(1)", null],
  ]) {
    test(`${given} leads to ${expected ?? "nowhere"}`, async () => {
      const visitor = await enter();
      const page = await visitor.open(`${login}?return_to=${given}`, settled);
      // A reload does not lose it.
      await page.reload();
      await settled(page);
      await wallet(page, "Test wallet").click();
      await approve(page, ALICE);
      if (expected) {
        await page.waitForURL(`${server.url}${expected}`);
      } else {
        await doneAs(page, ALICE);
        assert.equal(await page.getByRole("link", { name: "Continue" }).isVisible(), false);
      }
      await visitor.leave([NOBODY, NOBODY]);
    });
  }

  test("who is signed in already is asked before he goes on", async () => {
    const visitor = await enter();
    const page = await visitor.open(login, settled);
    await wallet(page, "Test wallet").click();
    await approve(page, ALICE);
    await doneAs(page, ALICE);
    await page.goto(`${login}?return_to=/_devnet/state`);
    await doneAs(page, ALICE);
    await page.getByRole("button", { name: "Use another account" }).click();
    await wallet(page, "Test wallet").click();
    await approve(page, "bob.test.near");
    await page.waitForURL(`${server.url}/_devnet/state`);
    assert.equal((await session(page)).accountId, "bob.test.near");
    await visitor.leave([NOBODY]);
  });
});

describe("the page", () => {
  const LANGUAGES = { en: "Choose your wallet", de: "Wallet wählen", es: "Elige tu billetera", fr: "Choisissez votre portefeuille", pt: "Escolha sua carteira" };

  for (const [width, height] of [[360, 740], [1280, 900]]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`fits ${width} pixels, stands still and is accessible in every state, ${colorScheme}`, async () => {
        const visitor = await enter({ viewport: { width, height }, colorScheme });
        const page = await visitor.open(login, settled);
        const check = async (state) => {
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), state);
          assert.equal(await shifts(page), 0, state);
          await isAccessible(page, state);
          await picture(page, `login-${width}-${colorScheme}-${state}`);
        };
        await check("choose");
        await page.getByText("Sign on the command line").click();
        await page.locator("#siwn-command").filter({ hasText: "siwn sign" }).waitFor();
        await isAccessible(page, "command line");
        await picture(page, `login-${width}-${colorScheme}-command-line`);
        await page.reload();
        await settled(page);
        let answer;
        await page.route("**/initiate-login", (route) => new Promise((resolve) => (answer = () => resolve(route.continue()))));
        await wallet(page, "Test wallet").click();
        await heading(page, "Signing in with Test wallet");
        await check("working");
        answer();
        await approve(page, ALICE, "other");
        await failure(page);
        await check("failed");
        await page.unroute("**/initiate-login");
        await page.getByRole("link", { name: "Try again" }).click();
        await wallet(page, "Test wallet").click();
        await reject(page);
        await failure(page);
        await check("cancelled");
        await page.getByRole("link", { name: "Try again" }).click();
        await wallet(page, "Test wallet").click();
        await approve(page, ALICE);
        await doneAs(page, ALICE);
        await check("done");
        await visitor.leave([NOBODY, NOBODY, REFUSED, NOBODY, NOBODY]);
      });
    }
  }

  for (const [lang, words] of Object.entries(LANGUAGES)) {
    test(`speaks ${lang} to those who prefer it, and to those who choose it`, async () => {
      const visitor = await enter({ locale: `${lang}-XX` });
      const page = await visitor.open(login, settled);
      await heading(page, words);
      assert.equal(await page.locator("html").getAttribute("lang"), lang);
      await isAccessible(page, lang);
      await picture(page, `login-language-${lang}`);
      await page.getByRole("link", { name: lang === "fr" ? "Español" : "Français" }).click();
      await heading(page, LANGUAGES[lang === "fr" ? "es" : "fr"]);
      await page.reload();
      await heading(page, LANGUAGES[lang === "fr" ? "es" : "fr"]);
      await visitor.leave([NOBODY, NOBODY, NOBODY]);
    });
  }

  test("explains itself without JavaScript", async () => {
    const visitor = await enter({ javaScriptEnabled: false });
    const page = await visitor.open(login, (page) => page.locator("noscript .panel").waitFor());
    assert.equal(await page.getByRole("heading", { name: "Choose your wallet" }).isVisible(), false);
    await picture(page, "login-no-javascript");
    await visitor.leave([]);
  });

  test("works by the keyboard alone", async () => {
    const visitor = await enter();
    const page = await visitor.open(login, settled);
    for (const key of ["Tab", "Tab", "Enter"]) await page.keyboard.press(key);
    await approve(page, ALICE);
    await doneAs(page, ALICE);
    await visitor.leave([NOBODY]);
  });

  test("is light, and ready soon", async (t) => {
    const MOST_BYTES = 64_000;
    const measured = [];
    for (let visit = 0; visit < 5; visit++) {
      const visitor = await enter();
      const page = await visitor.open(login, settled);
      measured.push(
        await page.evaluate(() => {
          const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
          const bytes = entries.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
          return { requests: entries.length, bytes, ready: performance.getEntriesByName("ready")[0].startTime };
        }),
      );
      await visitor.leave([NOBODY]);
    }
    const [{ requests, bytes }] = measured;
    const median = measured.map(({ ready }) => ready).sort((one, other) => one - other)[2];
    t.diagnostic(`${requests} requests, ${bytes} bytes uncompressed, ready after ${Math.round(median)} ms (median of 5, nothing cached)`);
    assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
  });

  test("cannot be put into a frame, and no page that opens it can reach it", async () => {
    const { headers } = await fetch(login);
    assert.match(headers.get("content-security-policy"), /frame-ancestors 'none'/);
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin-allow-popups");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("cache-control"), "no-store");
    const nonce = (response) => response.headers.get("content-security-policy").match(/'nonce-([^']+)'/)[1];
    assert.notEqual(nonce(await fetch(login)), nonce(await fetch(login)));
  });
});

describe("the client that the server hands out", () => {
  const snippet = `(async () => {
    const { accounts } = await (await fetch("/_dev/accounts.json")).json();
    const { signMessage } = await import("/_dev/sign.js");
    const { signIn, getSession, onChange, signOut } = await import("/api/auth/client.js");
    const heard = [];
    const next = () => new Promise((resolve) => (globalThis.heard = resolve));
    onChange((session) => (heard.push(session?.accountId ?? null), globalThis.heard()));
    const first = next();
    const session = await signIn({ signMessage: (wish) => signMessage(accounts[0], wish) });
    await first;
    const asked = await getSession();
    const second = next();
    await signOut();
    await second;
    return { signedIn: session.accountId, asked: asked.accountId, after: await getSession(), heard };
  })()`;

  test("signs in, hears of changes, and signs out", async () => {
    const visitor = await enter();
    const page = await visitor.open(server.url);
    assert.deepEqual(await page.evaluate(snippet), { signedIn: ALICE, asked: ALICE, after: null, heard: [ALICE, null] });
    await visitor.leave([NOBODY, NOBODY, NOBODY]);
  });

  test("is kept by browsers until it changes", async () => {
    const address = `${server.url}/api/auth/client.js`;
    const first = await fetch(address);
    assert.equal(first.headers.get("content-type"), "text/javascript; charset=utf-8");
    assert.equal(first.headers.get("access-control-allow-origin"), "*");
    const again = await fetch(address, { headers: { "if-none-match": first.headers.get("etag") } });
    assert.equal(again.status, 304);
    const other = await fetch(address, { headers: { "if-none-match": '"other"' } });
    assert.equal(other.status, 200);
  });
});
