// Whose session it is: tabs, accounts, log-outs, and what was meant for another browser.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { REFUSED } from "./browser.js";
import { approve, doneAs, failure, heading, session, settled, wallet, windowOf } from "./login-page.js";
import { ALICE, APP, BOB, LOGIN, SITE, place } from "./place.js";
import { install } from "./stand-in/installed.js";
import { signMessage } from "./stand-in/sign.js";

const here = place();

const COOKIE = "__Host-siwn";

const cookieOf = async (page) => (await page.context().cookies(SITE)).find(({ name }) => name === COOKIE)?.value;

/** What the server says to whoever has this cookie. */
const statusWith = (value) => fetch(`${here.server.url}/api/auth/session`, { headers: { cookie: `${COOKIE}=${value}` } }).then(({ status }) => status);

async function signsIn(page, account = ALICE) {
  await wallet(page, "MyNearWallet").click();
  await approve(page, account);
  await doneAs(page, account);
}

test("two tabs have a prompt open at the same time, and both sign in", async () => {
  const visitor = await here.enter();
  const [one, other] = [await visitor.open(LOGIN, settled), await visitor.open(LOGIN, settled)];
  await wallet(one, "MyNearWallet").click();
  const window = await windowOf(other, "In a window");
  await approve(one, ALICE);
  await doneAs(one, ALICE);
  await approve(window, BOB);
  await doneAs(other, BOB);
  // The browser has one session, the newest.
  await one.reload();
  await doneAs(one, BOB);
  await visitor.leave([]);
});

test("another account takes the first one's place, whose session is ended", async () => {
  const visitor = await here.enter();
  const page = await visitor.open(LOGIN, settled);
  await signsIn(page, ALICE);
  const alices = await cookieOf(page);
  await page.goto(`${LOGIN}?return_to=/app`);
  // Who is signed in already is asked before he goes on.
  await doneAs(page, ALICE);
  assert.equal(await page.getByRole("link", { name: "Continue" }).getAttribute("href"), "/app");
  await page.getByRole("button", { name: "Use another account" }).click();
  await wallet(page, "MyNearWallet").click();
  await approve(page, BOB);
  await page.waitForURL(APP);
  assert.equal((await session(page)).accountId, BOB);
  assert.deepEqual([await statusWith(alices), await statusWith(await cookieOf(page))], [401, 200]);
  await visitor.leave([]);
});

test("a log-out ends the session, in the browser and at the server", async () => {
  const visitor = await here.enter();
  const page = await visitor.open(LOGIN, settled);
  await signsIn(page);
  const value = await cookieOf(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
  assert.deepEqual([await cookieOf(page), await statusWith(value)], [undefined, 401]);
  await page.reload();
  await heading(page, "Choose your wallet");
  await signsIn(page, BOB);
  await visitor.leave([]);
});

describe("in a second browser nobody is signed in", () => {
  test("by an answer of a wallet's website that the first one asked for", async () => {
    const [mallory, victim] = [await here.enter(), await here.enter()];
    const theirs = await mallory.open(LOGIN, settled);
    // The browser stays where it is.
    await theirs.route("**/api/auth/callback*", (route) => route.fulfill({ status: 204 }));
    await wallet(theirs, "MyNearWallet").click();
    // What stands behind the # is in no request: it is taken from the page.
    await theirs.getByRole("button", { name: "Approve" }).and(theirs.locator(":enabled")).waitFor();
    await theirs.evaluate(() => navigation.addEventListener("navigate", ({ destination }) => (globalThis.went = destination.url)));
    await approve(theirs, ALICE);
    const answer = await theirs.waitForFunction(() => globalThis.went).then((handle) => handle.jsonValue());
    assert.match(answer, /#.*signature=/);

    const page = await victim.open(LOGIN, settled);
    await page.evaluate(() => fetch("/api/auth/initiate-login", { method: "POST" }).then((begun) => begun.text()));
    await page.goto(answer);
    assert.match(await failure(page), /took too long, was used already/);
    assert.equal(await cookieOf(page), undefined);
    await mallory.leave();
    await victim.leave([REFUSED]);
  });

  test("by the first one's proof, which is still good where it was asked for", async () => {
    const [first, second] = [await here.enter(), await here.enter()];
    const theirs = await first.open(LOGIN, settled);
    const page = await second.open(LOGIN, settled);
    const challenge = () => fetch("/api/auth/initiate-login", { method: "POST" }).then((answer) => answer.json());
    const { message, recipient, nonce, state } = await theirs.evaluate(challenge);
    await page.evaluate(challenge);
    const proof = { ...signMessage(here.accounts[0], { message, recipient, nonce }), nonce, state };
    const send = (page) =>
      page.evaluate(async (proof) => {
        const headers = { "Content-Type": "application/json" };
        return (await fetch("/api/auth/verify-login", { method: "POST", headers, body: JSON.stringify(proof) })).json();
      }, proof);
    assert.equal((await send(page)).error, "challenge_unknown");
    assert.equal(await cookieOf(page), undefined);
    assert.equal((await send(theirs)).accountId, ALICE);
    await first.leave([]);
    await second.leave([REFUSED]);
  });

  test("whose page of another site sends the first one's proof", async () => {
    const visitor = await here.enter();
    await install(visitor, here.accounts[0]);
    const page = await visitor.open("https://evil.example/", (page) => heading(page, "App"));
    const answer = await page.evaluate(async (site) => {
      const body = new Blob(["{}"], { type: "text/plain" });
      return (await fetch(`${site}/api/auth/verify-login`, { method: "POST", mode: "no-cors", credentials: "include", body })).type;
    }, SITE);
    assert.equal(answer, "opaque");
    assert.deepEqual(await page.context().cookies(SITE), []);
    await visitor.leave(["403 /api/auth/verify-login"]);
  });
});
