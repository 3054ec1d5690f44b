// The client that the server hands out, in a page.
import assert from "node:assert/strict";
import test from "node:test";
import { NOBODY } from "./browser.js";
import { heading } from "./login-page.js";
import { ALICE, APP, place } from "./place.js";
import { signMessage } from "./stand-in/sign.js";

const here = place();

const app = async () => {
  const visitor = await here.enter();
  await visitor.context.exposeFunction("keySigns", (wish) => signMessage(here.accounts[0], wish));
  await visitor.context.addInitScript(() => {
    globalThis.wallet = { signMessage: (wish) => globalThis.keySigns({ ...wish, nonce: Array.from(wish.nonce) }) };
  });
  return { visitor, page: await visitor.open(APP, (page) => heading(page, "App")) };
};

test("it signs in, hears of changes, and signs out", async () => {
  const { visitor, page } = await app();
  const told = await page.evaluate(async () => {
    const { signIn, getSession, onChange, signOut } = await import("/api/auth/client.js");
    const heard = [];
    let told;
    const next = () => new Promise((resolve) => (told = resolve));
    onChange((session) => (heard.push(session?.accountId ?? null), told()));
    const first = next();
    const { accountId } = await signIn(globalThis.wallet);
    await first;
    const asked = (await getSession()).accountId;
    const second = next();
    await signOut();
    await second;
    return { signedIn: accountId, asked, after: await getSession(), heard };
  });
  assert.deepEqual(told, { signedIn: ALICE, asked: ALICE, after: null, heard: [ALICE, null] });
  await visitor.leave([NOBODY, NOBODY]);
});

test("another tab hears of it", async () => {
  const { visitor, page } = await app();
  const other = await visitor.open(APP, (page) => heading(page, "App"));
  await other.evaluate(async () => {
    const { onChange } = await import("/api/auth/client.js");
    onChange((session) => (document.querySelector("h1").textContent = session?.accountId ?? "nobody"));
  });
  await page.evaluate(async () => {
    const client = (globalThis.client = await import("/api/auth/client.js"));
    await client.signIn(globalThis.wallet);
  });
  await heading(other, ALICE);
  await page.evaluate(() => globalThis.client.signOut());
  await heading(other, "nobody");
  await visitor.leave([NOBODY]);
});

test("it is kept by browsers until it changes", async () => {
  const address = `${here.server.url}/api/auth/client.js`;
  const first = await fetch(address);
  assert.equal(first.headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.equal(first.headers.get("access-control-allow-origin"), "*");
  const again = await fetch(address, { headers: { "if-none-match": first.headers.get("etag") } });
  assert.equal(again.status, 304);
  const other = await fetch(address, { headers: { "if-none-match": '"other"' } });
  assert.equal(other.status, 200);
});
