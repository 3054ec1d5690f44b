// A challenge that expires while the wallet's prompt is open.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { REFUSED } from "./browser.js";
import { approve, doneAs, failure, heading, settled, tellsOfClicks, wallet, windowAfterClick, windowOf } from "./login-page.js";
import { ALICE, LOGIN, place } from "./place.js";
import { calls, install } from "./stand-in/installed.js";

const LIFETIME = 4_000;

const here = place({ SIWN_CHALLENGE_TTL: `${LIFETIME / 1000}s` });

/** Does what asks for a challenge, and waits for as long as that is good. */
async function expired(page, ask) {
  const answer = page.waitForResponse("**/initiate-login");
  const asked = await ask();
  await answer;
  await sleep(LIFETIME);
  return asked;
}

// At the same time: all that they do is to wait.
describe("a challenge that expired", { concurrency: true }, () => {
  test("the page starts over by itself, and the wallet is asked for the new one", async () => {
    const visitor = await here.enter();
    await install(visitor, here.accounts[0], { answers: "held" });
    const page = await visitor.open(LOGIN, settled);
    await expired(page, () => wallet(page, "An extension").click());
    await page.evaluate(() => globalThis.release());
    await doneAs(page, ALICE);
    assert.equal((await calls(page)).filter((call) => call !== "signOut").length, 2);
    await visitor.leave([REFUSED]);
  });

  test("a wallet that opens a window is asked again after a click, without which the browser would block it", async () => {
    const visitor = await here.enter();
    await tellsOfClicks(visitor);
    const page = await visitor.open(LOGIN, settled);
    const late = await expired(page, () => windowOf(page, "In a window"));
    await approve(await windowAfterClick(page, () => approve(late, ALICE)), ALICE);
    await doneAs(page, ALICE);
    await visitor.leave([REFUSED]);
  });

  test("who comes back too late from a wallet's website is told so, and gets a new one", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    await expired(page, () => wallet(page, "MyNearWallet").click());
    await approve(page, ALICE);
    assert.match(await failure(page), /took too long/);
    await page.getByRole("link", { name: "Try again" }).click();
    await heading(page, "Choose your wallet");
    await wallet(page, "MyNearWallet").click();
    await approve(page, ALICE);
    await doneAs(page, ALICE);
    await visitor.leave([REFUSED]);
  });
});
