// A wallet's website on another site: the browser goes there and comes back with an answer, by way of a server that is configured.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { signMessage } from "../../crates/siwn-cli/assets/sign.js";
import { dev, serve } from "../npm/server.js";
import { NOBODY, Visitor, launch } from "./browser.js";
import { doneAs, failure, settled, wallet } from "./login-page.js";

const SITE = "https://app.mynearwallet.com";
const ALICE = "alice.test.near";

let devnet;
let server;
let browser;

before(async () => {
  [devnet, browser] = await Promise.all([dev(), launch()]);
  const { chainId } = await (await fetch(`${devnet.url}/_devnet/state`)).json();
  server = await serve({
    SIWN_RECIPIENT: "app.example",
    SIWN_NETWORK: chainId,
    SIWN_RPC: `http://127.0.0.1:${devnet.port}/_devnet/rpc`,
    SIWN_STORE: "memory:",
    SIWN_WALLET_WEBSITES: `MyNearWallet=${SITE}/sign-message`,
    SIWN_RETURN_URLS: "https://app.example/in?from=login",
  });
});

after(async () => {
  await browser.close();
  assert.deepEqual([await server.stop(), await devnet.stop()], [0, 0]);
});

/** The site: a page with two links, to the answers of a yes and of a no. `signs` says which callback URL it puts into the signature. */
async function site(page, signs = (callbackUrl) => callbackUrl) {
  const account = devnet.accounts.find(({ accountId }) => accountId === ALICE);
  const wishes = [];
  await page.route(`${SITE}/**`, async (route) => {
    const wish = Object.fromEntries(new URL(route.request().url()).searchParams);
    wishes.push({ ...wish, headers: await route.request().allHeaders() });
    const { message, recipient, callbackUrl, state } = wish;
    const nonce = Buffer.from(wish.nonce, "base64");
    const signed = await signMessage(account, { message, nonce, recipient, callbackUrl: signs(callbackUrl) });
    const fragment = (values) => Object.entries(values).map(([name, value]) => `${name}=${encodeURIComponent(value)}&`).join("");
    const link = (name, values) => `<a href="${callbackUrl}#${fragment(values)}">${name}</a>`;
    const body = `<!doctype html><title>Wallet</title><link rel="icon" href="data:,">${link("yes", { ...signed, state })} ${link("no", { error: "User rejected" })}`;
    await route.fulfill({ contentType: "text/html; charset=utf-8", body });
  });
  return wishes;
}

for (const [what, signs] of [
  ["the callback URL", (callbackUrl) => callbackUrl],
  ["none, as one whose window has an opener", () => undefined],
]) {
  test(`somebody signs in with a signature over ${what}`, async () => {
    const visitor = await Visitor.enter(browser);
    const page = await visitor.open(`${server.url}/login`, settled);
    const wishes = await site(page, signs);
    await wallet(page, "MyNearWallet").click();
    await page.getByRole("link", { name: "yes" }).click();
    await doneAs(page, ALICE);
    assert.equal(page.url(), `${server.url}/login`);
    const [{ message, recipient, nonce, callbackUrl, state, headers }] = wishes;
    assert.deepEqual([message, recipient, wishes.length], ["Sign in to app.example", "app.example", 1]);
    assert.equal(Buffer.from(nonce, "base64").length, 32);
    assert.match(state, /^[\w-]{22,}$/);
    assert.ok(callbackUrl.startsWith(`${server.url}/api/auth/callback?tx=`));
    // The wallet's site is not told where people come from, but by the callback URL.
    assert.equal(headers.referer, undefined);
    await visitor.leave([NOBODY]);
  });
}

test("a refusal comes back without a state, and is told", async () => {
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(`${server.url}/login?return_to=/healthz`, settled);
  await site(page);
  await wallet(page, "MyNearWallet").click();
  await page.getByRole("link", { name: "no" }).click();
  assert.match(await failure(page), /You said no in the wallet/);
  // Where people go on to is not lost.
  await page.getByRole("link", { name: "Try again" }).click();
  await wallet(page, "MyNearWallet").click();
  await page.getByRole("link", { name: "yes" }).click();
  await page.waitForURL(`${server.url}/healthz`);
  await visitor.leave([NOBODY, NOBODY]);
});

test("another signature over the callback URL of somebody else is refused", async () => {
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(`${server.url}/login`, settled);
  await site(page, () => "https://evil.example/");
  await wallet(page, "MyNearWallet").click();
  await page.getByRole("link", { name: "yes" }).click();
  assert.match(await failure(page), /signature_invalid/);
  await visitor.leave([NOBODY, "401 /api/auth/verify-login"]);
});

test("who comes back by the browser's own button can choose again", async () => {
  const visitor = await Visitor.enter(browser);
  const page = await visitor.open(`${server.url}/login`, settled);
  await site(page);
  await wallet(page, "MyNearWallet").click();
  await page.getByRole("link", { name: "yes" }).waitFor();
  await page.goBack();
  await settled(page);
  await wallet(page, "MyNearWallet").click();
  await page.getByRole("link", { name: "yes" }).click();
  await doneAs(page, ALICE);
  await visitor.context.close();
});

test("people go on to another site that is configured", async () => {
  const visitor = await Visitor.enter(browser);
  const address = "https://app.example/in?from=login";
  const page = await visitor.open(`${server.url}/login?return_to=${encodeURIComponent(address)}`, settled);
  await page.route("https://app.example/**", (route) => route.fulfill({ contentType: "text/html", body: '<link rel="icon" href="data:,">in' }));
  await site(page);
  await wallet(page, "MyNearWallet").click();
  await page.getByRole("link", { name: "yes" }).click();
  await page.waitForURL(address);
  await visitor.leave([NOBODY]);
});
