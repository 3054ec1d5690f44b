// Tokens of a server that runs, verified by another implementation: WebCrypto, by hand as docs/tokens.md says it.
import assert from "node:assert/strict";
import { createHash, webcrypto } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { dev, serve } from "../npm/server.js";
import { json } from "../npm/siwn.js";

const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const read = (part) => JSON.parse(Buffer.from(part, "base64url").toString());

let server, account;

before(async () => {
  server = await dev();
  account = server.accounts[0];
});

after(() => server.stop());

/** The bearer token of a new session. */
function signIn() {
  return json(["login", server.url, "--account", account.accountId], { key: account.privateKey }).token;
}

async function ask(session, wish) {
  const headers = { authorization: `Bearer ${session}`, "content-type": "application/json" };
  const answer = await fetch(`${server.url}/api/auth/token`, { method: "POST", headers, body: JSON.stringify(wish) });
  return { status: answer.status, ...(await answer.json()) };
}

const keys = async (path) => (await (await fetch(server.url + path)).json()).keys;

/** The claims of a token, if it is one for `audience`. */
async function verify(token, audience, now = Date.now() / 1000) {
  const parts = token.split(".");
  assert.equal(parts.length, 3);
  const [header, claims] = parts.slice(0, 2).map(read);
  assert.deepEqual(Object.keys(header).sort(), ["alg", "kid", "typ"]);
  assert.deepEqual([header.alg, header.typ], ["ES256", "at+jwt"]);
  const jwk = (await keys("/.well-known/jwks.json")).find(({ kid }) => kid === header.kid);
  const key = await webcrypto.subtle.importKey("jwk", jwk, ES256, false, ["verify"]);
  const signature = Buffer.from(parts[2], "base64url");
  const holds = await webcrypto.subtle.verify(ES256, key, signature, Buffer.from(`${parts[0]}.${parts[1]}`));
  assert.ok(holds, "the signature holds");
  assert.deepEqual([claims.iss, claims.aud], [server.url, audience]);
  assert.ok(claims.exp > now && claims.iat <= now + 10);
  return claims;
}

test("another implementation verifies a token", async () => {
  const { token, audience, status } = await ask(signIn(), {});
  assert.equal(status, 200);
  const claims = await verify(token, audience);
  assert.deepEqual([claims.sub, claims.key, claims.exp - claims.iat], [account.accountId, account.publicKey, 300]);
});

test("another implementation does not verify a token that was changed", async () => {
  const { token, audience } = await ask(signIn(), {});
  const [header, claims, signature] = token.split(".");
  const bob = Buffer.from(JSON.stringify({ ...read(claims), sub: "bob.near" })).toString("base64url");
  await assert.rejects(verify([header, bob, signature].join("."), audience), /the signature holds/);
});

test("a key's name is its thumbprint, and both lists are one", async () => {
  const [first, second] = await Promise.all(["/.well-known/jwks.json", "/api/auth/jwks.json"].map(keys));
  assert.deepEqual(first, second);
  for (const { crv, kty, x, y, kid, d } of first) {
    assert.equal(createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url"), kid);
    assert.equal(d, undefined);
  }
});

test("keys outlive the process, and are those of every process of the store", async () => {
  const folder = await mkdtemp(join(tmpdir(), "siwn-"));
  const settings = { SIWN_RECIPIENT: "app.example", SIWN_STORE: `sqlite:${join(folder, "siwn.db")}`, SIWN_RPC: "http://127.0.0.1:1" };
  const list = async (server) => (await fetch(`${server.url}/.well-known/jwks.json`)).json();
  const first = await serve(settings);
  const before = await list(first);
  const beside = await serve(settings);
  assert.deepEqual(await list(beside), before);
  await Promise.all([first, beside].map((server) => server.stop()));
  const again = await serve(settings);
  assert.deepEqual(await list(again), before);
  await again.stop();
  await rm(folder, { recursive: true });
});
