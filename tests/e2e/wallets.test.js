// Wallets of a folder that `siwn wallets pull` made: their scripts come from the server itself, under its own policy.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { promisify } from "node:util";
import { doneAs, failure, heading, session, settled, wallet } from "./login-page.js";
import { ALICE, LOGIN, SITE, open } from "./place.js";
import { signMessage } from "./stand-in/sign.js";

/** Asks in its frame by handlers that stand in its HTML, and has the page's own server of the test sign. */
const HANDLERS = `
  const { selector } = window;
  const sign = (wish) => new Promise((resolve, reject) => {
    window.approveIt = async () => {
      await selector.storage.set("signed", "yes");
      const answer = await selector.external("testSigner", "sign", { ...wish, nonce: Array.from(wish.nonce), kind: Array.isArray(wish.nonce) ? "numbers" : "bytes" });
      resolve(answer);
    };
    window.rejectIt = () => reject(new Error("User rejected"));
    document.body.innerHTML = '<main><button onclick="window.approveIt()">Approve</button><button onclick="window.rejectIt()">Reject</button></main>';
    selector.ui.showIframe();
  });
  selector.ready({
    signIn: async () => [{ accountId: "" }],
    signMessage: sign,
    signInAndSignMessage: async ({ messageParams }) => [{ accountId: "", signedMessage: await sign(messageParams) }],
  });
`;
const hash = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;
const HOLDS = ["window.approveIt()", "window.rejectIt()"].map(hash);

const entry = (id, name, more = {}) => ({
  id,
  name,
  version: "1",
  type: "sandbox",
  executor: "/handlers.js",
  features: { signMessage: true, signInAndSignMessage: true },
  permissions: { storage: true, external: ["testSigner"] },
  policy: { handlers: HOLDS },
  ...more,
});

const MANIFEST = {
  wallets: [
    entry("one-step", "In one step"),
    entry("hot-wallet", "In numbers", { features: { signMessage: true } }),
    entry("extension", "An extension", { extension: true, permissions: { storage: true, external: ["testExtension.near"] } }),
    entry("own", "MyNearWallet"),
    entry("no-handlers", "Without handlers", { policy: {} }),
  ],
};

let here;
let folder;
let source;
const run = promisify(execFile);

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "siwn-wallets-"));
  source = createServer((asked, answer) => answer.end(asked.url === "/manifest.json" ? JSON.stringify(MANIFEST) : HANDLERS)).listen(0, "127.0.0.1");
  await once(source, "listening");
  await run(process.env.SIWN_BIN, ["wallets", "pull", folder, "--from", `http://127.0.0.1:${source.address().port}/manifest.json`]);
  here = await open({ SIWN_WALLETS: folder });
});

after(async () => {
  await here.close();
  source.close();
  rmSync(folder, { recursive: true });
});

/** A browser in which the wallets' signer is, and nothing else. */
async function enter() {
  const visitor = await here.enter();
  const wishes = [];
  await visitor.context.exposeFunction("signsForTests", (wish) => (wishes.push(wish.kind), signMessage(here.accounts[0], wish)));
  await visitor.context.addInitScript(() => (globalThis.testSigner = { sign: (wish) => globalThis.signsForTests(wish) }));
  return Object.assign(visitor, { wishes });
}

/** Presses a button in its frame. It moves when it appears: a click might miss it. */
const press = (page, name) => page.frameLocator("iframe").last().getByRole("button", { name }).press("Enter");

test("a script of the own origin signs somebody in, its handlers run, and nothing of it stays", async () => {
  const visitor = await enter();
  const asked = [];
  visitor.context.on("request", (request) => asked.push(new URL(request.url())));
  const page = await visitor.open(`${LOGIN}?return_to=/login`, settled);
  await wallet(page, "In one step").click();
  await press(page, "Approve");
  await doneAs(page, ALICE);
  assert.equal((await session(page)).accountId, ALICE);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), ["siwn last wallet"]);
  assert.deepEqual(new Set(asked.map(({ origin }) => origin).filter((origin) => origin !== "null")), new Set([SITE]));
  assert.ok(asked.some(({ pathname }) => pathname === "/api/auth/wallets/one-step.js"));
  await visitor.leave([]);
});

test("a wallet that wants numbers gets them, after a second click; who left before is not asked twice", async () => {
  const visitor = await enter();
  const page = await visitor.open(LOGIN, settled);
  for (const leaves of [true, false]) {
    await wallet(page, "In numbers").click();
    await page.getByText("One more step: approve the message in In numbers.").waitFor();
    await page.getByRole("button", { name: leaves ? "Cancel" : "Continue" }).click();
    if (leaves) await heading(page, "Choose your wallet");
  }
  await press(page, "Approve");
  await doneAs(page, ALICE);
  assert.deepEqual(visitor.wishes, ["numbers"]);
  await visitor.leave([]);
});

test("a wallet is closed by the button beside it, and with it what it kept", async () => {
  const visitor = await enter();
  const page = await visitor.open(LOGIN, settled);
  await wallet(page, "In one step").click();
  const dialog = page.getByRole("dialog", { name: "In one step" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.match(await failure(page), /You said no in the wallet/);
  await dialog.waitFor({ state: "detached" });
  assert.equal(await page.locator("iframe").count(), 0);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
  await visitor.leave([]);
});

test("a refusal in the frame is no fault", async () => {
  const visitor = await enter();
  const page = await visitor.open(LOGIN, settled);
  await wallet(page, "In one step").click();
  await press(page, "Reject");
  assert.match(await failure(page), /Not signed in[^]*You said no in the wallet/);
  await visitor.leave([]);
});

test("a wallet that is nothing but its extension is there when the extension is, and one with a website once", async () => {
  const names = async (visitor) => {
    const page = await visitor.open(LOGIN, settled);
    return page.locator("#wallets li b").allInnerTexts();
  };
  const without = await enter();
  assert.deepEqual(await names(without), ["In one step", "In numbers", "Without handlers", "MyNearWallet"]);
  await without.leave([]);
  const extended = await enter();
  await extended.context.addInitScript(() => (globalThis.testExtension = { near: {} }));
  assert.deepEqual(await names(extended), ["In one step", "In numbers", "An extension", "Without handlers", "MyNearWallet"]);
  await extended.leave([]);
});

test("the second visit asks for the script of the last wallet at once, and gets no second copy", async () => {
  const visitor = await enter();
  const page = await visitor.open(LOGIN, settled);
  await wallet(page, "In one step").click();
  await press(page, "Approve");
  await doneAs(page, ALICE);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
  const again = page.waitForResponse(/wallets\/one-step\.js$/);
  await page.reload();
  assert.ok([200, 304].includes((await again).status()));
  await settled(page);
  assert.match(await page.locator("#wallets li").first().innerText(), /In one step[^]*Last used/);
  await visitor.leave([]);
});

test("a folder in which a script was changed starts no server", () => {
  appendFileSync(join(folder, "one-step.js"), "// changed");
  const { status, stderr } = spawnSync(process.env.SIWN_BIN, ["config", "check", "--recipient", "localhost", "--wallets", folder], { encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /its script one-step\.js is not the one that the manifest names: another hash/);
  assert.equal(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")).wallets[0].integrity, hash(HANDLERS));
});
