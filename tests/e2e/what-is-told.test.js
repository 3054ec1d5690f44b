// What people are told, in sight and by a screen reader: once, when it happens, in the language that they chose.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { failure, heading, reject, settled, wallet } from "./login-page.js";
import { LOGIN, place } from "./place.js";
import { install } from "./stand-in/installed.js";

const here = place();
const EXTENSION = "An extension";
const REFUSED = "401 /api/auth/verify-login";

/** A page whose server refuses the login so. */
async function refused(refusal) {
  const visitor = await here.enter();
  await install(visitor, here.accounts[0]);
  const page = await visitor.open(LOGIN, settled);
  const json = { success: false, message: "…", requestId: "q3Zb0nTQ1xkVQm5L", ...refusal };
  await page.route("**/verify-login", (route) => route.fulfill({ status: 401, json }));
  await wallet(page, EXTENSION).click();
  const told = await failure(page);
  await visitor.leave([REFUSED]);
  return told;
}

describe("of a refusal", () => {
  test("the application's own reason is told", async () => {
    assert.match(await refused({ error: "login_refused", reason: "Your trial is over. <b>" }), /does not let you in: Your trial is over\. <b>/);
    assert.match(await refused({ error: "login_refused", reason: "" }), /This account may not sign in here/);
  });

  test("a new key is told from an account that may not come in", async () => {
    assert.match(await refused({ error: "key_new" }), /signed in here with other keys only/);
    assert.match(await refused({ error: "account_blocked" }), /This account may not sign in here/);
  });

  test("who could not be signed out is not sent to another wallet", async () => {
    const visitor = await here.enter();
    await install(visitor, here.accounts[0]);
    const page = await visitor.open(LOGIN, settled);
    await wallet(page, EXTENSION).click();
    await page.route("**/logout", (route) => route.fulfill({ status: 503, json: { error: "store_unavailable" } }));
    await page.getByRole("button", { name: "Sign out" }).click();
    assert.match(await failure(page), /You may still be signed in[^]*Try again$/);
    await visitor.leave(["503 /api/auth/logout"]);
  });
});

describe("a screen reader", () => {
  /** Gathers what is said in regions that speak by themselves, and whether it could be seen then. */
  const listen = (page) =>
    page.evaluate(() => {
      const heard = (globalThis.heard = []);
      const hear = (records) => {
        const regions = new Set(records.map(({ target }) => target.parentElement?.closest("[role=status]") ?? target).filter((node) => node.role === "status"));
        for (const region of regions) if (region.textContent) heard.push(`${region.checkVisibility({ visibilityProperty: true }) ? "" : "unseen: "}${region.textContent}`);
      };
      new MutationObserver(hear).observe(document.querySelector("main"), { subtree: true, childList: true, characterData: true });
    });

  test("hears each step of a login once, and that one is signed out", async () => {
    const visitor = await here.enter();
    await install(visitor, here.accounts[0], { answers: "held" });
    const page = await visitor.open(LOGIN, settled);
    await listen(page);
    await wallet(page, EXTENSION).click();
    await page.waitForFunction(() => globalThis.release);
    await page.evaluate(() => globalThis.release());
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    const heard = await page.evaluate(() => globalThis.heard);
    assert.deepEqual(heard, [`You approve in ${EXTENSION}`, "This site checks the signature and the key", "You are signed out."]);
    await visitor.leave([]);
  });

  test("and everybody else reads first that one is signed out", async () => {
    const visitor = await here.enter({ viewport: { width: 360, height: 740 } });
    await install(visitor, here.accounts[0]);
    const page = await visitor.open(LOGIN, settled);
    await wallet(page, EXTENSION).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    const told = page.getByText("You are signed out.");
    await told.waitFor();
    const { y } = await told.boundingBox();
    assert.ok(y < (await page.getByText("You sign this message").boundingBox()).y);
    await visitor.leave([]);
  });

  test("hears the heading that one is brought to, and not the name of what is around it as well", async () => {
    const visitor = await here.enter();
    await install(visitor, here.accounts[0], { answers: "no" });
    const page = await visitor.open(LOGIN, settled);
    await wallet(page, EXTENSION).click();
    await failure(page);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Not signed in");
    assert.equal(await page.getByRole("region", { name: "Not signed in" }).count(), 0);
    await visitor.leave([]);
  });

  test("hears of a wallet how one signs with it, once", async () => {
    const visitor = await here.enter();
    await install(visitor, here.accounts[0]);
    const page = await visitor.open(LOGIN, settled);
    assert.equal(await wallet(page, EXTENSION).innerText(), "A\nAn extension\nInstalled");
    await visitor.leave([]);
  });
});

test("the language that was chosen comes back from a wallet's website, and stays when the page is loaded again", async () => {
  const visitor = await here.enter();
  const page = await visitor.open(`${LOGIN}?return_to=/app`, settled);
  await page.getByRole("link", { name: "Deutsch" }).click();
  await heading(page, "Wallet wählen");
  await wallet(page, "MyNearWallet").click();
  await reject(page);
  assert.match(await failure(page), /^Nicht angemeldet\s+In der Wallet wurde abgelehnt/);
  assert.equal(await page.locator("html").getAttribute("lang"), "de");
  await heading(page, "Bei login.example anmelden");
  await page.reload();
  assert.match(await failure(page), /^Nicht angemeldet/);
  assert.equal(await page.getByRole("link", { name: "Noch einmal" }).getAttribute("href"), `${LOGIN}?lang=de&return_to=%2Fapp`);
  await page.getByRole("link", { name: "Noch einmal" }).click();
  await heading(page, "Wallet wählen");
  await visitor.leave([]);
});
