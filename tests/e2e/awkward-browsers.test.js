// Browsers that give a page less than most: no storage, no scripts that arrive; and what is long on a small screen.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { picture } from "./browser.js";
import { approve, doneAs, heading, settled, shifts, wallet } from "./login-page.js";
import { ALICE, LOGIN, place } from "./place.js";
import { install } from "./stand-in/installed.js";

const here = place();
const PHONE = { viewport: { width: 360, height: 740 } };
const EXTENSION = "An extension";
/** As an account is called that is a key in hexadecimal digits. */
const LONG = "0123456789abcdef".repeat(4);

const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

/** Looks at the storage are refused, as where people block cookies. */
const withoutStorage = (visitor) =>
  visitor.context.addInitScript(() => {
    const get = () => {
      throw new DOMException("Access is denied for this document.", "SecurityError");
    };
    for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(globalThis, name, { get });
  });

/** What the server writes into the page, changed. */
const wrote = (page, change) =>
  page.route("**/login", async (route) => {
    const answer = await fetch(`${here.server.url}/login`);
    const insert = (_, before, json, after) => before + JSON.stringify({ ...JSON.parse(json), ...change }) + after;
    const body = (await answer.text()).replace(/(id="page">)([^]*?)(<\/script>)/, insert);
    await route.fulfill({ headers: Object.fromEntries(answer.headers), body });
  });

describe("in a browser that refuses its storage", () => {
  test("one signs in with a wallet that is installed", async () => {
    const visitor = await here.enter();
    await withoutStorage(visitor);
    await install(visitor, here.accounts[0]);
    const page = await visitor.open(LOGIN, settled);
    await wallet(page, EXTENSION).click();
    await doneAs(page, ALICE);
    await visitor.leave([]);
  });

  test("one signs in at a wallet's website", async () => {
    const visitor = await here.enter();
    await withoutStorage(visitor);
    const page = await visitor.open(LOGIN, settled);
    await wallet(page, "MyNearWallet").click();
    await approve(page, ALICE);
    await doneAs(page, ALICE);
    await visitor.leave([]);
  });
});

/** These words are not in sight until their time comes, to which the page is set: a busy machine may be there already. */
async function comesLate(page, words) {
  await words.waitFor({ state: "attached" });
  const set = (milliseconds) =>
    page.evaluate((milliseconds) => {
      const animations = document.getAnimations();
      for (const animation of animations) {
        animation.pause();
        animation.currentTime = animation.effect.getComputedTiming().delay + milliseconds;
      }
      return animations.length;
    }, milliseconds);
  assert.ok((await set(-1)) > 0);
  assert.equal(await words.isVisible(), false);
  await set(1);
  assert.equal(await words.isVisible(), true);
}

describe("before the scripts are there", () => {
  const missing = [/^failed .*paste\.js/, /^console Failed to load resource/];

  test("the page says what will be signed, and does not move when the wallets come", async () => {
    const visitor = await here.enter();
    const page = await visitor.context.newPage();
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route("**/login.js", (route) => held.then(() => route.continue()));
    await page.goto(LOGIN, { waitUntil: "commit" });
    await page.getByText("It costs nothing, sends no transaction").waitFor();
    await heading(page, "Choose your wallet");
    await picture(page, "login-before-the-scripts");
    release();
    await settled(page);
    assert.equal(await shifts(page), 0);
    await visitor.leave([]);
  });

  test("the page says what to do if they never come", async () => {
    const visitor = await here.enter();
    const page = await visitor.context.newPage();
    await page.route("**/paste.js", (route) => route.abort("connectionreset"));
    await page.goto(LOGIN);
    await comesLate(page, page.getByText("reload the page"));
    await visitor.leave([], missing);
  });

  test("the callback page says what to do, and a reload signs in", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    await page.route("**/callback.js", (route) => route.abort("connectionreset"));
    await wallet(page, "MyNearWallet").click();
    await approve(page, ALICE);
    await comesLate(page, page.getByText("Reload the page"));
    await page.unroute("**/callback.js");
    await page.reload();
    await doneAs(page, ALICE);
    await visitor.leave([], [/^failed .*callback\.js/, /^console Failed to load resource/]);
  });

  test("who has a session is not shown what he need not sign", async () => {
    const visitor = await here.enter();
    await install(visitor, here.accounts[0]);
    const page = await visitor.open(LOGIN, settled);
    await wallet(page, EXTENSION).click();
    await doneAs(page, ALICE);
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route("**/login.js", (route) => held.then(() => route.continue()));
    await page.goto(LOGIN, { waitUntil: "commit" });
    await page.locator("#choose").waitFor({ state: "attached" });
    assert.equal(await page.getByText("It costs nothing, sends no transaction").isVisible(), false);
    release();
    await doneAs(page, ALICE);
    await visitor.leave([]);
  });
});

describe("on a phone", () => {
  test("a long account fits", async () => {
    const visitor = await here.enter(PHONE);
    await install(visitor, here.accounts[0]);
    const page = await visitor.open(LOGIN, settled);
    const session = { accountId: LONG, publicKey: "ed25519:x", network: "mainnet", expiresAt: "2030-01-01T00:00:00.000Z" };
    await page.route("**/verify-login", (route) => route.fulfill({ json: session }));
    await wallet(page, EXTENSION).click();
    await doneAs(page, LONG);
    assert.ok(await fits(page));
    await picture(page, "login-long-account");
    await visitor.leave([]);
  });

  test("many wallets with long names fit, and their room is free when one is asked", async () => {
    const visitor = await here.enter(PHONE);
    const page = await visitor.context.newPage();
    const websites = Array.from({ length: 25 }, (_, at) => ({ id: `${at}`, name: `${at}${"Portemonnaie".repeat(5)}`, url: "https://app.mynearwallet.com/" }));
    await wrote(page, { websites });
    await page.route("**/initiate-login", () => {});
    await page.goto(LOGIN);
    await settled(page);
    assert.ok(await fits(page));
    await wallet(page, websites[24].name).click();
    await page.locator("#steps").waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight));
    assert.ok(await fits(page));
    await visitor.leave([]);
  });
});

test("the measure of what moves sees what moves", async () => {
  const visitor = await here.enter();
  const page = await visitor.open(LOGIN, settled);
  await page.evaluate(() => document.querySelector("main").prepend(Object.assign(document.createElement("hr"), { style: "height: 9rem" })));
  assert.ok((await shifts(page)) > 0);
  await visitor.leave([]);
});
