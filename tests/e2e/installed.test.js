// By a wallet that is installed.
import assert from "node:assert/strict";
import test from "node:test";
import { doneAs, failure, heading, settled, wallet } from "./login-page.js";
import { ALICE, LOGIN, place } from "./place.js";
import { calls, install } from "./stand-in/installed.js";

const here = place();
const WALLET = "An extension";

/** A visitor who has it. */
async function owner(options) {
  const visitor = await here.enter();
  await install(visitor, here.accounts[0], options);
  return visitor;
}

test("somebody signs in, is known at the next visit, and the wallet forgets the page", async () => {
  const visitor = await owner();
  const page = await visitor.open(`${LOGIN}?return_to=/login%3Fhere`, settled);
  assert.match(await page.locator("#wallets li").first().innerText(), /An extension[^]*Installed/);
  await wallet(page, WALLET).click();
  await page.waitForURL(LOGIN);
  await doneAs(page, ALICE);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
  await page.reload();
  await settled(page);
  assert.match(await page.locator("#wallets li").first().innerText(), /An extension[^]*Last used/);
  await visitor.leave([]);
});

test("it learns the page's address, and nothing of where people go on to", async () => {
  const visitor = await owner({ answers: "no" });
  const page = await visitor.open(`${LOGIN}?return_to=/secret%3Fcode=1&lang=en`, settled);
  await wallet(page, WALLET).click();
  await failure(page);
  assert.deepEqual(await calls(page), [{ address: `${LOGIN}?lang=en`, nonce: "bytes" }]);
  await visitor.leave([]);
});

test("one that cannot do both at once is asked again after a second click", async () => {
  const visitor = await owner({ features: {} });
  const page = await visitor.open(LOGIN, settled);
  await wallet(page, WALLET).click();
  await page.getByText(`One more step: approve the message in ${WALLET}.`).waitFor();
  assert.deepEqual(await calls(page), []);
  await page.getByRole("button", { name: "Continue" }).click();
  await doneAs(page, ALICE);
  assert.equal((await calls(page)).at(-1), "signOut");
  await visitor.leave([]);
});

for (const answers of ["no", "nothing"]) {
  test(`a refusal is no fault, and can be tried again (${answers})`, async () => {
    const visitor = await owner({ answers });
    const page = await visitor.open(LOGIN, settled);
    await wallet(page, WALLET).click();
    assert.match(await failure(page), /Not signed in[^]*You said no in the wallet/);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.waitForFunction(() => globalThis.calls.length === 2);
    await failure(page);
    await page.getByRole("button", { name: "Choose another wallet" }).click();
    await heading(page, "Choose your wallet");
    await visitor.leave([]);
  });
}

for (const answers of ["blocked", "always blocked"]) {
  test(`one whose window is ${answers} is asked once more, in a click`, async () => {
    const visitor = await owner({ answers });
    const page = await visitor.open(LOGIN, settled);
    await wallet(page, WALLET).click();
    await page.getByText(`One more step: approve the message in ${WALLET}.`).waitFor();
    assert.equal((await calls(page)).length, 1);
    await page.getByRole("button", { name: "Continue" }).click();
    if (answers === "blocked") await doneAs(page, ALICE);
    else assert.match(await failure(page), /blocked the wallet's window[^]*popup_blocked/);
    assert.equal((await calls(page)).filter((call) => call !== "signOut").length, 2);
    await visitor.leave([]);
  });
}

test("one that stays silent can be left", async () => {
  const visitor = await owner({ answers: "silence" });
  const page = await visitor.open(LOGIN, settled);
  await wallet(page, WALLET).click();
  await page.locator("#step-wallet[aria-current]").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await heading(page, "Choose your wallet");
  await visitor.leave([]);
});

/** What browsers say of a server that is gone. */
const GONE = [/^failed .* net::ERR_CONNECTION_REFUSED$/, /^console .*net::ERR_CONNECTION_REFUSED$/];
const unreachable = (page, route) => page.route(route, (request) => request.abort("connectionrefused"), { times: 1 });

test("while nothing is signed yet, a server that does not answer is told as that, and the login begins anew", async () => {
  const visitor = await owner();
  const page = await visitor.open(LOGIN, settled);
  const often = { status: 429, json: { success: false, error: "rate_limited", message: "…" } };
  await page.route("**/initiate-login", (route) => route.fulfill(often), { times: 1 });
  await unreachable(page, "**/initiate-login");
  await wallet(page, WALLET).click();
  assert.match(await failure(page), /^Not signed in\s+The server did not answer\. Look at your connection, then try again\.\s+unreachable\s+Try again/);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("This site cannot begin a sign-in right now.").waitFor();
  assert.match(await failure(page), /^Not signed in[^]*rate_limited\s+Try again/);
  assert.deepEqual(await calls(page), []);
  await page.getByRole("button", { name: "Try again" }).click();
  await doneAs(page, ALICE);
  await visitor.leave(["429 /api/auth/initiate-login"], GONE);
});

test("once it is signed, nobody knows, and the same signature is sent again", async () => {
  const visitor = await owner();
  const page = await visitor.open(LOGIN, settled);
  await unreachable(page, "**/verify-login");
  await wallet(page, WALLET).click();
  assert.match(await failure(page), /^Could not find out\s+The server did not answer, so that nobody knows[^]*Send it again/);
  const asked = (await calls(page)).length;
  await page.getByRole("button", { name: "Send it again" }).click();
  await doneAs(page, ALICE);
  assert.equal((await calls(page)).filter((call) => call !== "signOut").length, asked);
  await visitor.leave([], GONE);
});

test("who could not be signed out may be signed in, and tries again", async () => {
  const visitor = await owner();
  const page = await visitor.open(LOGIN, settled);
  await wallet(page, WALLET).click();
  await doneAs(page, ALICE);
  await unreachable(page, "**/logout");
  await page.getByRole("button", { name: "Sign out" }).click();
  assert.match(await failure(page), /^You may still be signed in\s+The server did not answer\.[^]*Try again/);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("You are signed out.").waitFor();
  await visitor.leave([], GONE);
});

for (const [at, route] of [["the challenge", "**/initiate-login"], ["the server's verdict", "**/verify-login"]]) {
  test(`who waits for ${at} can leave, and begin anew`, async () => {
    const visitor = await owner();
    const page = await visitor.open(LOGIN, settled);
    const asked = page.waitForRequest(route);
    await page.route(route, () => {}, { times: 1 });
    await wallet(page, WALLET).click();
    await asked;
    await page.getByRole("button", { name: "Cancel" }).click();
    await heading(page, "Choose your wallet");
    await wallet(page, WALLET).click();
    await doneAs(page, ALICE);
    await visitor.leave([]);
  });
}
