// By a wallet that is installed.
import assert from "node:assert/strict";
import test from "node:test";
import { NOBODY } from "./browser.js";
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
  await visitor.leave([NOBODY, NOBODY]);
});

test("it learns the page's address, and nothing of where people go on to", async () => {
  const visitor = await owner({ answers: "no" });
  const page = await visitor.open(`${LOGIN}?return_to=/secret%3Fcode=1&lang=en`, settled);
  await wallet(page, WALLET).click();
  await failure(page);
  assert.deepEqual(await calls(page), [{ address: `${LOGIN}?lang=en`, nonce: "bytes" }]);
  await visitor.leave([NOBODY]);
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
  await visitor.leave([NOBODY]);
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
    await visitor.leave([NOBODY]);
  });
}

test("one that stays silent can be left", async () => {
  const visitor = await owner({ answers: "silence" });
  const page = await visitor.open(LOGIN, settled);
  await wallet(page, WALLET).click();
  await page.getByText(`You approve in ${WALLET}`).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await heading(page, "Choose your wallet");
  await visitor.leave([NOBODY]);
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
    await visitor.leave([NOBODY]);
  });
}
