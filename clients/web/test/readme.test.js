// What the package's page says, done: its blocks run as they stand there, with the things that they name.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { before } from "node:test";
import { Account, JsonRpcProvider, KeyPair, KeyPairSigner } from "near-api-js";
import { signMessage } from "near-api-js/nep413";
import { parseKey } from "near-kit";
import { sign } from "near-sign-verify";
import * as client from "siwn-client";
import { server } from "./server.js";

const dev = server();

const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const [first, others] = [...text.matchAll(/```js\n([^]*?)```/g)].map(([, block]) => block);

/** Node keeps no cookies: a browser's jar, for one server. */
const jar = new Map();
const ask = globalThis.fetch;

before(() => {
  globalThis.location = { get href() { return `${dev.url}/`; } };
  globalThis.fetch = async (path, { headers, ...options } = {}) => {
    if (!String(path).startsWith("/api/auth/")) return ask(path, { headers, ...options });
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await ask(new URL(path, dev.url), { ...options, headers: { ...headers, cookie, "sec-fetch-site": "same-origin" } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    return answer;
  };
});

/** Runs a block, with these things in sight. */
function run(block, things) {
  const body = block.replace(/^import .*$/m, "");
  const AsyncFunction = (async () => {}).constructor;
  return new AsyncFunction(...Object.keys(things), body)(...Object.values(things));
}

const wallet = () => ({ signMessage: (wish) => parseKey(dev.alice.privateKey).signNep413Message(dev.alice.accountId, wish) });

test("a login, who is signed in, who hears of it, and the end", async () => {
  const shown = [];
  const told = [];
  const noted = { ...client, signIn: async (wallet) => told.push(await client.signIn(wallet)) };
  // What listens would keep the process alive.
  let stop;
  noted.onChange = (listener) => (stop = client.onChange(listener));
  await run(first, { ...noted, wallet: wallet(), show: (accountId) => shown.push(accountId) });
  stop();
  assert.equal(told[0].accountId, dev.alice.accountId);
  assert.equal(await client.getSession(), null);
});

test("every other way to sign", async () => {
  const { accountId } = dev.contract;
  const sessions = [];
  const signIn = async (how) => sessions.push((await client.signIn(how)).accountId);
  const signer = new KeyPairSigner(KeyPair.fromString(dev.alice.privateKey));
  const signerAccount = new Account(dev.alice.accountId, new JsonRpcProvider({ url: `${dev.url}/_devnet/rpc` }), signer);
  const authorize = async (payload) => {
    const headers = { "Content-Type": "application/json" };
    const answer = await ask(`${dev.url}/_dev/authorize`, { method: "POST", headers, body: JSON.stringify({ accountId, payload }) });
    return (await answer.json()).authorization;
  };
  await run(others, { signIn, sign, signMessage, signerAccount, accountId, authorize, wallet: wallet() });
  assert.deepEqual(sessions, [dev.alice.accountId, dev.alice.accountId, accountId]);
});
