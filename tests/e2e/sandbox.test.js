// By a wallet in a sandbox of the page: the connector's frame, under the page's policy, with scripts of another host held to their hash.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { Visitor } from "./browser.js";
import { approve, approveUntilBlocked, doneAs, failure, heading, reject, session, settled, tellsOfClicks, wallet, windowAfterClick, windowOf } from "./login-page.js";
import { ALICE, BOB, LOGIN, place } from "./place.js";

const here = place();

/** What browsers say of a script that they blocked. */
const BLOCKED = [
  /^console Failed to find a valid digest in the 'integrity' attribute for resource 'https:\/\/wallets\.example\/window\.js'/,
  /^console Fetch API cannot load https:\/\/wallets\.example\/window\.js\. SRI's integrity checks failed\.$/,
];

/** The frame that a wallet runs in. */
const frame = (page) => page.frameLocator("iframe");

/** Presses a button in it. It moves when it appears: a click might miss it. */
const press = (page, name) => frame(page).getByRole("button", { name }).press("Enter");

describe("somebody signs in", () => {
  test("with a wallet that asks in its frame", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(`${LOGIN}?return_to=/login`, settled);
    await wallet(page, "Inside").click();
    await frame(page).getByText("Sign in to login.example").waitFor();
    // What it learns of the page is its address, and what it could read of it is nothing.
    const inside = page.frames().at(-1);
    assert.equal(await inside.evaluate(() => globalThis.selector.location), LOGIN);
    assert.equal(await inside.evaluate(() => globalThis.origin), "null");
    await Visitor.of(page).look(page);
    await press(page, "Approve");
    await doneAs(page, ALICE);
    assert.equal((await session(page)).accountId, ALICE);
    await visitor.leave([]);
  });

  test("with a wallet that asks in a window, and keeps nothing here", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    await approve(await windowOf(page, "In a window"), ALICE);
    await doneAs(page, ALICE);
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), ["siwn last wallet"]);
    assert.equal(page.context().pages().length, 1);
    await visitor.leave([]);
  });

  test("with a wallet that cannot do both at once, after a second click", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    await approve(await windowOf(page, "In two steps"), ALICE);
    await page.getByText("One more step: approve the message in In two steps.").waitFor();
    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Continue" }).click();
    await approve(await opened, ALICE);
    await doneAs(page, ALICE);
    await visitor.leave([]);
  });

  test("with a wallet whose second window the browser blocks, after a click on the page", async () => {
    const visitor = await here.enter();
    await tellsOfClicks(visitor);
    const page = await visitor.open(LOGIN, settled);
    const window = await windowOf(page, "In two windows without a button");
    const second = await windowAfterClick(page, () => approve(window, ALICE));
    assert.equal(await page.locator("#one-more").innerText(), "One more step: approve the message in In two windows without a button.");
    await approve(second, ALICE);
    await doneAs(page, ALICE);
    await visitor.leave([]);
  });

  test("with a wallet whose frame lies over the page when the browser blocks its second window, by the wallet's own button", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    const window = await windowOf(page, "In two windows");
    await approveUntilBlocked(page, window, ALICE);
    const opened = page.waitForEvent("popup");
    await press(page, "Open the wallet");
    // The account of the signature counts, and not the one that the wallet named before.
    await approve(await opened, BOB);
    await doneAs(page, BOB);
    await visitor.leave([]);
  });
});

describe("nobody is signed in", () => {
  for (const [how, leave] of [
    ["said no in its window, which the wallet tells as a success", (window) => reject(window)],
    ["closed its window", (window) => window.close()],
  ]) {
    test(`who ${how}; it is no fault, and can be tried again`, async () => {
      const visitor = await here.enter();
      const page = await visitor.open(LOGIN, settled);
      const window = await windowOf(page, "In a window");
      await window.getByRole("button", { name: "Approve" }).and(window.locator(":enabled")).waitFor();
      await leave(window);
      assert.match(await failure(page), /You said no in the wallet/);
      const again = page.waitForEvent("popup");
      await page.getByRole("button", { name: "Try again" }).click();
      await approve(await again, ALICE);
      await doneAs(page, ALICE);
      await visitor.leave([]);
    });
  }

  test("who left while a silent wallet was asked", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    await wallet(page, "Silent").click();
    await page.locator("#step-wallet[aria-current]").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await heading(page, "Choose your wallet");
    // It does not stand in the way of another one.
    await approve(await windowOf(page, "In a window"), ALICE);
    await doneAs(page, ALICE);
    await visitor.leave([]);
  });

  test("who left while the second step was waited for", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    await approve(await windowOf(page, "In two steps"), ALICE);
    await page.getByRole("button", { name: "Continue" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await heading(page, "Choose your wallet");
    await visitor.leave([]);
  });

  test("where the browser blocks every window, and the page says what to do", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    await page.evaluate(() => ((globalThis.opens = open), (globalThis.open = () => null)));
    await wallet(page, "In a window").click();
    await page.getByRole("button", { name: "Continue" }).click();
    assert.match(await failure(page), /blocked the wallet's window[^]*popup_blocked/);
    await page.evaluate(() => (globalThis.open = globalThis.opens));
    await page.getByRole("button", { name: "Choose another wallet" }).click();
    await approve(await windowOf(page, "In a window"), ALICE);
    await doneAs(page, ALICE);
    await visitor.leave([]);
  });

  test("who left before the wallet's script was there: nothing comes up later", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route("https://wallets.example/inside.js", async (route) => (await held, route.continue()));
    const came = page.waitForResponse("https://wallets.example/inside.js");
    await wallet(page, "Inside").click();
    await page.getByText("You approve in Inside").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    release();
    await came;
    // Another one is asked after it, in the frame that is there alone.
    await wallet(page, "Silent").click();
    await page.locator("iframe").first().waitFor({ state: "attached" });
    assert.deepEqual(await page.locator("iframe").evaluateAll((frames) => frames.map(({ srcdoc }) => srcdoc.match(/"name":"(\w+)"/)[1])), ["Silent"]);
    await visitor.leave([]);
  });

  for (const [what, answered, refusals] of [
    ["is gone", { status: 404, body: "Not Found" }, ["404 /window.js"]],
    ["is another one than the manifest says", { status: 200, contentType: "text/javascript", body: "globalThis.ran = true" }, []],
  ]) {
    test(`where the wallet's script ${what}: it is never run`, async () => {
      const visitor = await here.enter();
      const page = await visitor.open(LOGIN, settled);
      const headers = { "access-control-allow-origin": "*" };
      await page.route("https://wallets.example/**", (route) => route.fulfill({ headers, ...answered }));
      await wallet(page, "In a window").click();
      assert.match(await failure(page), /The wallet reported an error/);
      assert.equal(await page.locator("iframe").count(), 0);
      await page.unroute("https://wallets.example/**");
      const window = page.waitForEvent("popup");
      await page.getByRole("button", { name: "Try again" }).click();
      await approve(await window, ALICE);
      await doneAs(page, ALICE);
      await visitor.leave(refusals, BLOCKED);
    });
  }
});

test("a page that opened this one cannot put a wallet into it", async () => {
  const visitor = await here.enter();
  const hostile = await visitor.open("https://evil.example/", (page) => heading(page, "App"));
  const opened = visitor.context.waitForEvent("page");
  await hostile.evaluate((login) => void (globalThis.opened = open(login)), LOGIN);
  const page = await opened;
  await settled(page);
  const before = await page.locator("#wallets li").count();
  await hostile.evaluate(() => globalThis.opened.postMessage({ type: "near-wallet-injected", manifest: { id: "hot-wallet", name: "HOT" } }, "*"));
  assert.equal(await page.evaluate(() => globalThis.opener), null);
  assert.equal(await page.locator("#wallets li").count(), before);
  await visitor.leave([]);
});
