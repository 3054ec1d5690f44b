// What docs/migration.md shows: a login by near-sign-verify alone, and the same with siwn.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { parseAuthToken, sign } from "near-sign-verify";
import { signIn as signInAfter } from "./migration/after-client.js";
import { signIn as signInBefore } from "./migration/before-client.js";
import { login, nonce } from "./migration/before-server.js";
import { dev } from "./server.js";

let devnet;
let alice;
let wallet;
const fetchAnything = globalThis.fetch;

before(async () => {
  devnet = await dev();
  alice = devnet.accounts.find(({ accountId }) => accountId === "alice.test.near");
  // A wallet as browsers have them: an object with `signMessage`.
  wallet = {
    signMessage: async ({ message, recipient, nonce }) =>
      parseAuthToken(await sign(message, { signer: alice.privateKey, accountId: alice.accountId, recipient, nonce })),
  };
});

after(async () => {
  globalThis.fetch = fetchAnything;
  assert.equal(await devnet.stop(), 0);
});

test("before: the page signs, and the server verifies by itself", async () => {
  globalThis.fetch = async (url, options) => {
    if (String(url) === "/nonce") return Response.json(nonce());
    if (String(url) === "/login") return Response.json(await login(JSON.parse(options.body)));
    // The index that the package asks.
    return Response.json({ public_key: alice.publicKey, account_ids: [alice.accountId] });
  };
  assert.equal(await signInBefore(wallet), alice.accountId);
});

test("after: the same wallet signs, and the server asks siwn who sent a request", async () => {
  let cookie = "";
  globalThis.fetch = async (path, options) => {
    const answer = await fetchAnything(`${devnet.url}${path}`, options);
    for (const set of answer.headers.getSetCookie()) if (set.startsWith("siwn=")) cookie = set.split(";")[0];
    return answer;
  };
  assert.equal(await signInAfter(wallet), alice.accountId);

  globalThis.fetch = fetchAnything;
  process.env.SIWN_URL = devnet.url;
  const { accountOf } = await import("./migration/after-server.js");
  assert.equal(await accountOf({ headers: { cookie } }), alice.accountId);
  assert.equal(await accountOf({ headers: {} }), null);
});
