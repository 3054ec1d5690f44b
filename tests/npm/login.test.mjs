// The published client of near-sign-verify logs in, and a token is good once: over copies, processes, kills and stops.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";
import { sign } from "near-sign-verify";
import { dev, serve } from "./server.js";
import { siwn } from "./siwn.js";

const COPIES = 50;

let devnet;
let alice;
let bobsFunctionCallKey;
let folder;

before(async () => {
  devnet = await dev();
  alice = devnet.accounts.find(({ accountId }) => accountId === "alice.test.near");
  bobsFunctionCallKey = devnet.accounts.find(({ access }) => access === "functionCall");
  folder = mkdtempSync(join(tmpdir(), "siwn-npm-"));
});

after(async () => {
  rmSync(folder, { recursive: true });
  assert.equal(await devnet.stop(), 0);
});

/** The documented client's first half: a challenge of the server becomes a token. */
async function tokenFrom(url, { signer = alice, method = "POST" } = {}) {
  const response = await fetch(`${url}/api/auth/initiate-login`, { method });
  const { state, message, nonce, recipient } = await response.json();
  return sign(message, {
    signer: signer.privateKey,
    accountId: signer.accountId,
    recipient,
    nonce: new Uint8Array(nonce),
    state,
  });
}

/** Its second half. */
function verifyLogin(url, authToken) {
  return fetch(`${url}/api/auth/verify-login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ authToken }),
  });
}

async function assertRefused(response, code) {
  const { success, error, message, requestId } = await response.json();
  assert.deepEqual({ status: response.status, success, error }, { status: 401, success: false, error: code });
  assert.ok(message && requestId);
}

/** Sends the copies of a token at once, to each of `urls` in turn, and counts the outcomes. */
async function race(urls, token) {
  const counts = {};
  const copy = async (index) => {
    const answer = await verifyLogin(urls[index % urls.length], token);
    const { success, error } = await answer.json();
    const outcome = success ? "signed in" : `${answer.status} ${error}`;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  };
  await Promise.all(Array.from({ length: COPIES }, (_, index) => copy(index)));
  return counts;
}

const ONE_WINS = { "signed in": 1, "401 challenge_used": COPIES - 1 };

const cookieOf = (response) => response.headers.getSetCookie().find((cookie) => cookie.startsWith("siwn=")).split(";")[0];

const sessionOf = (url, cookie) => fetch(`${url}/api/auth/session`, { headers: { cookie } });

describe("the documented client", () => {
  for (const method of ["GET", "POST"]) {
    test(`logs in after a ${method} of initiate-login`, async () => {
      const response = await verifyLogin(devnet.url, await tokenFrom(devnet.url, { method }));
      const { success, accountId, publicKey } = await response.json();
      assert.deepEqual([response.status, success, accountId, publicKey], [200, true, alice.accountId, alice.publicKey]);
      const session = await sessionOf(devnet.url, cookieOf(response));
      assert.equal((await session.json()).accountId, alice.accountId);
    });
  }

  test("is refused with the same token again", async () => {
    const token = await tokenFrom(devnet.url);
    assert.equal((await verifyLogin(devnet.url, token)).status, 200);
    await assertRefused(await verifyLogin(devnet.url, token), "challenge_used");
  });

  test("is refused with a function-call key", async () => {
    const token = await tokenFrom(devnet.url, { signer: bobsFunctionCallKey });
    await assertRefused(await verifyLogin(devnet.url, token), "key_not_full_access");
  });

  test("is refused with a token of the basic flow, whose nonce it made itself", async () => {
    const { message, recipient } = await (await fetch(`${devnet.url}/api/auth/initiate-login`)).json();
    const token = await sign(message, { signer: alice.privateKey, accountId: alice.accountId, recipient });
    await assertRefused(await verifyLogin(devnet.url, token), "challenge_unknown");
  });

  test(`wins once with ${COPIES} concurrent copies of a token`, async () => {
    assert.deepEqual(await race([devnet.url], await tokenFrom(devnet.url)), ONE_WINS);
  });
});

describe("two servers that share one SQLite file", () => {
  let settings;
  let first;
  let second;

  before(async () => {
    const { chainId } = await (await fetch(`${devnet.url}/_devnet/state`)).json();
    settings = {
      SIWN_RECIPIENT: "app.example",
      SIWN_NETWORK: chainId,
      SIWN_RPC: `http://127.0.0.1:${devnet.port}/_devnet/rpc`,
      // Each login asks the chain.
      SIWN_KEY_CACHE: "0s",
      SIWN_STORE: `sqlite:${join(folder, "siwn.db")}`,
    };
    first = await serve(settings);
    second = await serve(settings);
  });

  after(async () => {
    assert.deepEqual([await first.stop(), await second.stop()], [0, 0]);
  });

  test("take each other's challenges", async () => {
    const response = await verifyLogin(second.url, await tokenFrom(first.url));
    assert.equal(response.status, 200);
    assert.equal((await sessionOf(first.url, cookieOf(response))).status, 200);
  });

  test(`let one of ${COPIES} concurrent copies in`, async () => {
    assert.deepEqual(await race([first.url, second.url], await tokenFrom(first.url)), ONE_WINS);
  });

  test("remember the used token and the session after a kill", async () => {
    const token = await tokenFrom(second.url);
    const response = await verifyLogin(second.url, token);
    assert.equal(response.status, 200);
    assert.equal(await second.kill(), "SIGKILL");
    second = await serve(settings);
    for (const { url } of [first, second]) {
      await assertRefused(await verifyLogin(url, token), "challenge_used");
      assert.equal((await (await sessionOf(url, cookieOf(response))).json()).accountId, alice.accountId);
    }
  });

  test("let nobody in twice when one of them is killed in the middle of it", async () => {
    const token = await tokenFrom(first.url);
    const copies = Array.from({ length: COPIES }, (_, index) => verifyLogin([first.url, second.url][index % 2], token));
    await Promise.any(copies);
    await second.kill();
    // What the killed server did not answer is neither a yes nor a no.
    const answers = await Promise.allSettled(copies);
    second = await serve(settings);
    const later = await Promise.all([first, second].map(({ url }) => verifyLogin(url, token)));
    const yes = [...answers.map(({ value }) => value), ...later].filter((answer) => answer?.status === 200);
    assert.ok(yes.length <= 1, `${yes.length} were let in`);
    for (const { url } of [first, second]) await assertRefused(await verifyLogin(url, token), "challenge_used");
  });

  test("finish a login that is under way when they are told to stop", async () => {
    const stopped = await serve(settings);
    const token = await tokenFrom(stopped.url);
    const asked = await queries();
    await control("POST", { fault: "delay", milliseconds: 1000, method: "query", requests: 1 });
    let isAnswered = false;
    const login = verifyLogin(stopped.url, token).finally(() => (isAnswered = true));
    while (!isAnswered && (await queries()) === asked);
    assert.equal(isAnswered, false, "the chain is still being asked");
    const ended = stopped.stop();
    assert.equal((await login).status, 200);
    assert.equal(await ended, 0);
    await control("DELETE");
  });

  const queries = async () => (await (await fetch(`${devnet.url}/_devnet/state`)).json()).requests.query;

  async function control(method, body) {
    const json = { "Content-Type": "application/json" };
    const response = await fetch(`${devnet.url}/_devnet/fault`, { method, headers: body && json, body: body && JSON.stringify(body) });
    assert.equal(response.status, 200);
  }
});

describe("siwn login", () => {
  const keyFile = ({ accountId, publicKey, privateKey }) => {
    const path = join(folder, "key.json");
    writeFileSync(path, JSON.stringify({ account_id: accountId, public_key: publicKey, private_key: privateKey }));
    return path;
  };
  const login = (url, signer) => siwn(["login", url, "--account", signer.accountId, "--key-file", keyFile(signer)]);

  test("prints the session and exits with 0", () => {
    const { status, stdout, stderr } = login(devnet.url, alice);
    assert.equal(status, 0, stderr);
    const { accountId, publicKey, network } = JSON.parse(stdout);
    assert.deepEqual([accountId, publicKey, network], [alice.accountId, alice.publicKey, "siwn-devnet"]);
  });

  test("exits with 1 when it is refused, and says why", () => {
    const { status, stdout, stderr } = login(devnet.url, bobsFunctionCallKey);
    assert.deepEqual([status, stdout], [1, ""], stderr);
    assert.match(stderr, /^error: key_not_full_access/m);
    assert.match(stderr, /^hint: .*full-access key/m);
  });

  test("exits with 2 when nobody answers, or when the command line is wrong", () => {
    const nobody = login("http://localhost:1", alice);
    assert.deepEqual([nobody.status, nobody.stdout], [2, ""], nobody.stderr);
    assert.match(nobody.stderr, /^error: /m);
    const plain = login("http://app.example", alice);
    assert.deepEqual([plain.status, plain.stdout], [2, ""], plain.stderr);
    assert.equal(siwn(["login"]).status, 2);
  });
});

test("calls of initiate-login leave the server's memory where it was", { skip: process.platform !== "linux" }, async (t) => {
  const CALLS = process.env.SIWN_LONG ? 100_000 : 20_000;
  const MOST_KIB = 8 * 1024;
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const call = () =>
    new Promise((resolve, reject) => {
      const sent = request(`${devnet.url}/api/auth/initiate-login`, { method: "POST", agent }, (response) => {
        response.resume().on("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`))));
      });
      sent.on("error", reject).end();
    });
  const calls = async (count) => {
    const worker = async () => {
      while (count-- > 0) await call();
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  };
  const resident = () => Number(readFileSync(`/proc/${devnet.pid}/status`, "latin1").match(/^VmRSS:\s*(\d+) kB$/m)[1]);

  await calls(1_000);
  const before = resident();
  await calls(CALLS - 1_000);
  const growth = resident() - before;
  agent.destroy();
  t.diagnostic(`${CALLS} calls: ${growth} KiB more than the ${before} KiB after the first 1000`);
  assert.ok(growth <= MOST_KIB, `grew by ${growth} KiB`);
});
