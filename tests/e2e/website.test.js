// By a wallet's website: the browser goes there, on another site, and comes back with an answer behind the #.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { REFUSED } from "./browser.js";
import { approve, doneAs, failure, heading, reject, session, settled, wallet } from "./login-page.js";
import { ALICE, APP, ELSEWHERE, LOGIN, SITE, place } from "./place.js";

const here = place();
const WALLET = "MyNearWallet";

describe("somebody signs in", () => {
  for (const manner of ["well", "no-state", "base58"]) {
    test(`and nothing of it stays in an address (${manner})`, async () => {
      const visitor = await here.enter();
      const page = await visitor.open(LOGIN, settled);
      await wallet(page, WALLET).click();
      await approve(page, ALICE, manner);
      await doneAs(page, ALICE);
      assert.equal((await session(page)).accountId, ALICE);
      assert.equal(page.url(), LOGIN);
      // Going back leads nowhere where the signature is.
      await page.goBack();
      assert.ok(!page.url().includes("signature"), page.url());
      await visitor.leave([]);
    });
  }

  test("and the website is told what it needs, and nothing else", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(`${LOGIN}?return_to=/app%3Fsecret`, settled);
    await wallet(page, WALLET).click();
    await approve(page, ALICE);
    await page.waitForURL(`${SITE}/app?secret`);
    const { message, recipient, nonce, callbackUrl, state, headers, ...rest } = here.wishes.at(-1);
    assert.deepEqual([message, recipient, rest], ["Sign in to login.example", "login.example", {}]);
    assert.match(nonce, /^[A-Za-z0-9+/]{43}=$/);
    assert.match(state, /^[\w-]{22,}$/);
    assert.match(callbackUrl, /^https:\/\/login\.example\/api\/auth\/callback\?tx=[\w-]{43}$/);
    assert.equal(headers.referer, undefined);
    await visitor.leave([]);
  });

  test("in a window of the application, which the wallet answers, so that it signs no callback URL", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(APP, (page) => heading(page, "App"));
    // What an application does that shows its own button: no login page, so nothing cuts the wallet's window off from it.
    await page.evaluate((website) => {
      const button = document.querySelector("main").appendChild(document.createElement("button"));
      button.textContent = "Sign in";
      addEventListener("message", ({ data }) => (document.querySelector("h1").textContent = `Told of ${data.signedRequest.accountId}`));
      button.onclick = async () => {
        const opened = open("about:blank");
        const answer = await fetch("/api/auth/initiate-login", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"redirect":true}' });
        const { message, nonce, recipient, callbackUrl, state } = await answer.json();
        const query = new URLSearchParams({ message, nonce: btoa(String.fromCharCode(...nonce)), recipient, callbackUrl, state });
        opened.location = `${website}?${query}`;
      };
    }, "https://app.mynearwallet.com/sign-message");
    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Sign in" }).click();
    const window = await opened;
    await approve(window, ALICE);
    await heading(page, `Told of ${ALICE}`);
    // The fragment arrives all the same, with the state and with a signature over no callback URL.
    await doneAs(window, ALICE);
    assert.equal((await session(page)).accountId, ALICE);
    assert.equal(await window.evaluate(() => globalThis.opener), null);
    await visitor.leave([]);
  });

  test("after he came back by the browser's own button", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    await wallet(page, WALLET).click();
    await page.getByRole("button", { name: "Approve" }).waitFor();
    await page.goBack();
    await settled(page);
    await wallet(page, WALLET).click();
    await approve(page, ALICE);
    await doneAs(page, ALICE);
    await visitor.leave();
  });

  test("and goes on to another site that is configured", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(`${LOGIN}?return_to=${encodeURIComponent(ELSEWHERE)}`, settled);
    await wallet(page, WALLET).click();
    await approve(page, ALICE);
    await page.waitForURL(ELSEWHERE);
    await visitor.leave([]);
  });
});

describe("nobody is signed in", () => {
  test("by a refusal, which has no state; another try still leads to where he wanted to go", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(`${LOGIN}?return_to=/app`, settled);
    await wallet(page, WALLET).click();
    await reject(page);
    assert.match(await failure(page), /You said no in the wallet/);
    assert.equal(page.url(), `${SITE}/api/auth/callback`);
    await page.getByRole("link", { name: "Try again" }).click();
    await heading(page, "Choose your wallet");
    await wallet(page, WALLET).click();
    await approve(page, ALICE);
    await page.waitForURL(APP);
    await visitor.leave([]);
  });

  for (const [manner, account, code, words] of [
    ["another message", ALICE, "signature_invalid", /signed something other/],
    ["another callback", ALICE, "signature_invalid", /signed something other/],
    ["well", "bob.test.near, function call", "key_not_full_access", /full-access key/],
  ]) {
    test(`by what the server refuses, and the page says what to do: ${code} (${manner})`, async () => {
      const visitor = await here.enter();
      const page = await visitor.open(LOGIN, settled);
      await wallet(page, WALLET).click();
      await approve(page, account, manner);
      const told = await failure(page);
      assert.match(told, words);
      assert.match(told, new RegExp(code));
      await visitor.leave([REFUSED]);
    });
  }

  test("by an error of the wallet, whose words are not repeated", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    await wallet(page, WALLET).click();
    await approve(page, ALICE, "an error");
    const told = await failure(page);
    assert.match(told, /The wallet reported an error/);
    assert.ok(!told.includes("went wrong"));
    await visitor.leave([]);
  });

  test("by a callback without an answer", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(`${SITE}/api/auth/callback?tx=abc`, settled);
    assert.match(await failure(page), /sent no answer/);
    await visitor.leave([]);
  });
});

test("while the chain cannot be asked the answer is kept, and sent again on demand", async () => {
  const visitor = await here.enter();
  const page = await visitor.open(`${LOGIN}?return_to=/app`, settled);
  // Another account than in the other tests: no answer about it is remembered.
  await wallet(page, WALLET).click();
  await here.fault({ fault: "unavailable" });
  await approve(page, "carol.test.near");
  assert.match(await failure(page), /Could not find out[^]*Nothing is lost/);
  await here.fault();
  await page.getByRole("button", { name: "Send it again" }).click();
  await page.waitForURL(APP);
  await visitor.leave(["503 /api/auth/verify-login"]);
});
