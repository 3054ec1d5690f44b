// What goes wrong is told apart, and each step can be left.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import test, { after, before, describe } from "node:test";
import { parseKey } from "near-kit";
import { sign } from "near-sign-verify";
import { SiwnError, getSession, onChange, signIn, signOut } from "siwn-client";
import { server } from "./server.js";

const dev = server();

const walletOf = ({ accountId, privateKey }) => ({ signMessage: (wish) => parseKey(privateKey).signNep413Message(accountId, wish) });

async function fails(work, code) {
  const error = await work.then(
    () => assert.fail("it succeeded"),
    (error) => error,
  );
  assert.ok(error instanceof SiwnError, String(error));
  assert.deepEqual([error.name, error.code], ["SiwnError", code]);
  return error;
}

describe("a refusal of the person counts as cancelled", () => {
  const nothing = { accountId: "alice.test.near", publicKey: "", signature: "" };
  for (const [how, signMessage] of [
    ["an empty signature", async () => nothing],
    ["an empty key alone", async () => ({ ...nothing, signature: "abc" })],
    ["no answer", async () => undefined],
    ["an empty list", async () => []],
    ["an error", () => Promise.reject(new Error("User rejected the request"))],
    ["a text", () => Promise.reject("Wallet closed")],
    ["a closed window", () => Promise.reject(new Error("User closed the window"))],
    ["Ethereum's code", () => Promise.reject({ code: 4001, message: "No." })],
    ["an error in an envelope", async () => ({ error: { type: "REJECT", message: "User reject" } })],
  ]) {
    test(how, () => fails(signIn({ wallet: { signMessage }, server: dev.server }), "cancelled"));
  }

  test("a token of near-sign-verify in which nothing is signed", async () => {
    const signer = { signMessage: async () => nothing };
    await fails(signIn({ wallet: ({ message, ...given }) => sign(message, { signer, ...given }), server: dev.server }), "cancelled");
  });
});

describe("a wallet that fails", () => {
  for (const [how, cause, text] of [
    ["with an error", new Error("Ledger: 0xb005"), /Ledger: 0xb005/],
    ["with a text", "Method not found", /Method not found/],
    ["with something else", 7, /does not say why/],
  ]) {
    test(`${how} is told as such`, async () => {
      const error = await fails(signIn({ wallet: { signMessage: () => Promise.reject(cause) }, server: dev.server }), "wallet_failed");
      assert.match(error.message, text);
      assert.equal(error.cause, cause);
    });
  }
});

describe("an answer that nobody can read", () => {
  const signed = { accountId: "alice.test.near", publicKey: "ed25519:x", signature: "abc" };
  const itself = {};
  itself.response = itself;
  const noText = { toString: () => assert.fail() };
  for (const [how, answer] of [
    ["with a number for a signature", { ...signed, signature: 7 }],
    ["with bytes that went through JSON", { ...signed, signature: { type: "Buffer", data: [7] } }],
    ["with a key that has no text", { ...signed, publicKey: noText }],
    ["that holds itself", itself],
    ["with an authorization that is no JSON", { accountId: "a.near", authorization: { amount: 1n } }],
    ["that is a text and no token", "***"],
  ]) {
    test(`${how} is the wallet's fault`, async () => {
      const error = await fails(signIn({ wallet: { signMessage: async () => answer }, server: dev.server }), "wallet_failed");
      assert.equal(error.message, "the wallet failed: its answer cannot be read");
      assert.ok(error.cause instanceof Error);
    });
  }
});

test("the reason of an application that refuses is kept", async () => {
  const refusal = { success: false, error: "login_refused", message: "…", reason: "Your trial is over", requestId: "q3Zb0nTQ1xkVQm5L" };
  const application = createServer((_, answer) => answer.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify(refusal)));
  await once(application.listen(0, "127.0.0.1"), "listening");
  const error = await fails(getSession({ server: `http://127.0.0.1:${application.address().port}/api/auth` }), "login_refused");
  assert.equal(error.reason, "Your trial is over");
  application.close();
});

test("the server's code, status, words and request id are kept", async () => {
  const error = await fails(signIn({ wallet: walletOf(dev.appKey), server: dev.server }), "key_not_full_access");
  assert.equal(error.status, 401);
  assert.match(error.message, /full-access key/);
  assert.match(error.requestId, /^\S{8,}$/);
  assert.equal(error.retry, undefined);
});

test("while nobody can judge the proof it is kept, and sent again on demand", async () => {
  const fault = (method, body) =>
    fetch(`${dev.url}/_devnet/fault`, { method, headers: { "Content-Type": "application/json" }, ...(body && { body: JSON.stringify(body) }) });
  await fault("POST", { fault: "unavailable" });
  let asked = 0;
  const wallet = { signMessage: (wish) => (asked++, walletOf(dev.alice).signMessage(wish)) };
  const error = await fails(signIn({ wallet, server: dev.server, bearer: true }), "chain_unavailable");
  assert.equal(error.status, 503);
  assert.ok(error.retryAfter >= 1);
  const again = await fails(error.retry(), "chain_unavailable");
  await fault("DELETE");
  assert.equal((await again.retry()).accountId, dev.alice.accountId);
  assert.equal(asked, 1);
});

describe("each step can be left", () => {
  test("before it begins", async () => {
    let asked = false;
    const wallet = { signMessage: () => (asked = true) };
    await fails(signIn({ wallet, server: dev.server, signal: AbortSignal.abort() }), "cancelled");
    assert.equal(asked, false);
  });

  for (const left of ["challenge", "wallet", "verify"]) {
    test(`at the step ${left}`, async () => {
      const leaving = new AbortController();
      const onStep = (step) => step === left && leaving.abort("enough");
      const error = await fails(signIn({ wallet: walletOf(dev.alice), server: dev.server, signal: leaving.signal, onStep }), "cancelled");
      assert.equal(error.cause, "enough");
    });
  }

  test("while the wallet is open", async () => {
    const leaving = new AbortController();
    const wallet = { signMessage: () => (leaving.abort(), new Promise(() => {})) };
    await fails(signIn({ wallet, server: dev.server, signal: leaving.signal }), "cancelled");
  });

  test("by waiting for a wallet that stays silent", () =>
    fails(signIn({ wallet: () => new Promise(() => {}), server: dev.server, walletTimeout: 1 }), "wallet_timed_out"));
});

describe("with a server of another kind", () => {
  let other;
  let handle;
  let url;

  before(async () => {
    other = createServer((request, response) => handle(request, response)).listen(0, "127.0.0.1");
    await once(other, "listening");
    url = `http://127.0.0.1:${other.address().port}`;
  });
  after(() => (other.closeAllConnections(), other.close()));

  const answer = (status, body, headers) => (_, response) => response.writeHead(status, headers).end(body);

  test("that never answers, it is unreachable in time", async () => {
    handle = () => {};
    await fails(signIn({ wallet: walletOf(dev.alice), server: url, requestTimeout: 20 }), "unreachable");
    await fails(getSession({ server: url, requestTimeout: 20 }), "unreachable");
  });

  test("that is not there, it is unreachable", () => fails(signOut({ server: "http://127.0.0.1:1" }), "unreachable"));

  for (const [what, status, body] of [
    ["a page", 200, "<!doctype html>"],
    ["a page that is missing", 404, "Not Found"],
    ["JSON of another kind", 200, "{}"],
    ["an error of another kind", 502, '{"message":"bad gateway"}'],
    ["null", 200, "null"],
  ]) {
    test(`that answers ${what}, that is told`, async () => {
      handle = answer(status, body);
      await fails(signIn({ wallet: walletOf(dev.alice), server: url }), "unexpected_answer");
      await fails(getSession({ server: url }), "unexpected_answer");
    });
  }

  const problem = (error) => JSON.stringify({ success: false, error, message: "…", requestId: "r" });
  const challenge = JSON.stringify({ message: "m", recipient: "r", nonce: Array(32).fill(0), state: "s" });
  const judging = (verdicts) => (request, response) => {
    if (request.url.endsWith("initiate-login")) return response.end(challenge);
    const [status, body] = verdicts.shift();
    response.writeHead(status).end(body);
  };
  const session = JSON.stringify({ success: true, accountId: "a.near", publicKey: null, network: "n", expiresAt: "t" });

  for (const code of ["challenge_expired", "challenge_unknown", "start_over"]) {
    test(`a login starts over once after ${code}`, async () => {
      const steps = [];
      handle = judging([[401, problem(code)], [200, session]]);
      const options = { wallet: walletOf(dev.alice), server: url, onStep: (step) => steps.push(step) };
      assert.equal((await signIn(options)).accountId, "a.near");
      assert.deepEqual(steps, ["challenge", "wallet", "verify", "challenge", "wallet", "verify"]);
      handle = judging([[401, problem(code)], [401, problem(code)]]);
      await fails(signIn(options), code);
    });
  }

  test("a code that this version does not know is passed on", async () => {
    handle = judging([[418, problem("teapot")]]);
    assert.equal((await fails(signIn({ wallet: walletOf(dev.alice), server: url }), "teapot")).status, 418);
  });
});

test("whoever listens hears of logins and log-outs, until he stops", async () => {
  const heard = [];
  let next;
  const stop = onChange((session) => (heard.push(session?.accountId ?? null), next?.()), { server: dev.server });
  const change = () => new Promise((resolve) => (next = resolve));
  const login = change();
  // Node keeps no cookies: what is heard is that nobody is signed in.
  const { token } = await signIn({ wallet: walletOf(dev.alice), server: dev.server, bearer: true });
  await login;
  const logout = change();
  await signOut({ server: dev.server, token });
  await logout;
  stop();
  assert.deepEqual(heard, [null, null]);
});

test("the codes are those of the documentation", () => {
  const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
  const documented = [...read("../../../docs/errors.md").matchAll(/^\| \d+ \| `(\w+)`/gm)].map(([, code]) => code);
  const [, union] = read("../src/errors.ts").match(/ServerCode =([^;]+);/);
  const typed = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  assert.deepEqual(typed, documented);
});

test("a browser that blocks cookies, and with them the channel between its tabs, is in nobody's way", async (t) => {
  const blocked = class {
    constructor() {
      throw new DOMException("The operation is insecure.", "SecurityError");
    }
  };
  const { BroadcastChannel } = globalThis;
  globalThis.BroadcastChannel = blocked;
  t.after(() => (globalThis.BroadcastChannel = BroadcastChannel));
  const stop = onChange(() => assert.fail("nothing can be heard"), { server: dev.server });
  const { token } = await signIn({ wallet: walletOf(dev.alice), server: dev.server, bearer: true });
  assert.equal((await getSession({ server: dev.server, token })).accountId, dev.alice.accountId);
  await signOut({ server: dev.server, token });
  stop();
});
