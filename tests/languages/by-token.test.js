// The examples that verify access tokens, against tokens that are none.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import test, { after, before, describe } from "node:test";
import { exportSPKI, importJWK } from "jose";
import { sign } from "near-sign-verify";
import { LANGUAGES, start } from "./apps.js";
import { ACCOUNT, AUDIENCE, Issuer, NETWORK, keyPair } from "./issuer.js";

const base64url = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const NEAR_KEY = "ed25519:3D4YudUahN1nawWogh8pAKSj92sUNMdbZGjn7kERKzYoTy8tnFQuwoGUC51DowKqorvkr2pytJSnwuSbsNVfqygr";
const NOW = Math.floor(Date.now() / 1000);

/** Header and claims of a good token, signed otherwise. */
function signedBy(issuer, header, signature) {
  const signed = `${base64url({ alg: "ES256", typ: "at+jwt", kid: issuer.keys[0].kid, ...header })}.${base64url(issuer.claims())}`;
  return `${signed}.${signature(signed)}`;
}

/** Each is refused, by every example. */
const FORGED = {
  "an identity token": (issuer) => issuer.token({ header: { typ: "siwn-id+jwt" } }),
  "a token of no kind": (issuer) => issuer.token({ header: { typ: undefined } }),
  "a token of the kind JWT": (issuer) => issuer.token({ header: { typ: "JWT" } }),
  "an expired token": (issuer) => issuer.token({ claims: { iat: NOW - 400, exp: NOW - 100 } }),
  "a token without an end": (issuer) => issuer.token({ claims: { exp: undefined } }),
  "a token from the future": (issuer) => issuer.token({ claims: { iat: NOW + 600, exp: NOW + 900 } }),
  "a token for another audience": (issuer) => issuer.token({ claims: { aud: "other.example" } }),
  "a token for nobody": (issuer) => issuer.token({ claims: { aud: undefined } }),
  "a token of another issuer": (issuer) => issuer.token({ claims: { iss: "https://evil.example" } }),
  "a token of the issuer with a slash": (issuer) => issuer.token({ claims: { iss: `${issuer.url}/` } }),
  "a token of nobody": (issuer) => issuer.token({ claims: { sub: undefined } }),
  "a token of another network": (issuer) => issuer.token({ claims: { network: "mainnet" } }),
  "a token of no network": (issuer) => issuer.token({ claims: { network: undefined } }),
  "a token of another key under the same name": async (issuer) => issuer.token({ key: await keyPair(issuer.keys[0].kid) }),
  "a token of a key that is not published": async (issuer) => issuer.token({ key: await keyPair("unknown") }),
  "a token that brings its own key": async (issuer) => {
    const key = await keyPair("own");
    return issuer.token({ key, header: { jwk: key.jwk, jku: "http://127.0.0.1:1/jwks.json" } });
  },
  "a token without a key's name": async (issuer) => issuer.token({ key: await keyPair("other"), header: { kid: undefined } }),
  "a token with an extension that must be understood": (issuer) => issuer.token({ header: { crit: ["x-siwn"], "x-siwn": true } }),
  "alg none": (issuer) => signedBy(issuer, { alg: "none" }, () => ""),
  "alg none, in other letters": (issuer) => signedBy(issuer, { alg: "nOnE" }, () => ""),
  "HS256 with the public key as its secret": async (issuer) => {
    const pem = await exportSPKI(await importJWK(issuer.keys[0].jwk, "ES256"));
    return signedBy(issuer, { alg: "HS256" }, (signed) => createHmac("sha256", pem).update(signed).digest("base64url"));
  },
  "HS256 with the published text as its secret": (issuer) =>
    signedBy(issuer, { alg: "HS256" }, (signed) => createHmac("sha256", JSON.stringify(issuer.keys[0].jwk)).update(signed).digest("base64url")),
  "no signature": (issuer) => signedBy(issuer, {}, () => ""),
  "a signature of zeros": (issuer) => signedBy(issuer, {}, () => Buffer.alloc(64).toString("base64url")),
  "claims that were changed": async (issuer) => {
    const [header, , signature] = (await issuer.token()).split(".");
    return `${header}.${base64url(issuer.claims({ sub: "mallory.near" }))}.${signature}`;
  },
  "a token that is longer than any": (issuer) => issuer.token({ claims: { more: "x".repeat(5_000) } }),
  "a token of near-sign-verify": () => sign("Sign in to app.example", { signer: NEAR_KEY, accountId: ACCOUNT, recipient: AUDIENCE }),
  "a session's bearer token": () => `siwn_${"A".repeat(64)}`,
  "three dots": () => "...",
  "no token": () => "",
};

for (const language of LANGUAGES) {
  describe(`${language}, by access token`, () => {
    let issuer, app;
    const ask = async (token, scheme = "Bearer") => app.me({ authorization: `${scheme} ${await token}` });

    before(async () => {
      issuer = await Issuer.start();
      issuer.keys = [await keyPair("first")];
      app = await start(language, "token", { SIWN_PUBLIC_URL: issuer.url, AUDIENCE, NETWORK });
    });
    after(async () => {
      await app?.stop();
      issuer?.stop();
    });

    test("a list of keys that cannot be had is no refusal, and no pass", async () => {
      for (const trouble of [[500, ""], [503, "{}"], [302, ""], [200, "{}"], [200, "<html>"]]) {
        issuer.trouble = trouble;
        const [status] = await ask(issuer.token());
        assert.equal(status, 503, `${trouble}`);
      }
      issuer.trouble = null;
    });

    test("a good token is taken, and the list asked for once", async () => {
      const before = issuer.asked;
      for (const more of [{}, {}, { claims: { iat: NOW - 290, exp: NOW + 10 } }]) {
        assert.deepEqual(await ask(issuer.token(more)), [200, ACCOUNT]);
      }
      assert.ok(issuer.asked <= before + 1, `${issuer.asked - before} questions`);
    });

    for (const [name, forge] of Object.entries(FORGED)) {
      test(`${name} is refused`, async () => {
        assert.deepEqual(await ask(forge(issuer)), [401, "not_signed_in"]);
        assert.deepEqual(await ask(issuer.token()), [200, ACCOUNT], "and no other");
      });
    }

    test("a good token by another scheme, or none, is none", async () => {
      assert.deepEqual(await ask(issuer.token(), "Basic"), [401, "not_signed_in"]);
      assert.deepEqual(await app.me(), [401, "not_signed_in"]);
      assert.deepEqual(await app.me({ cookie: `siwn=${await issuer.token()}` }), [401, "not_signed_in"]);
    });

    test("names of keys that somebody invents cost no question each", async () => {
      const before = issuer.asked;
      for (const name of ["a", "b", "c", "d", "e"]) await ask(issuer.token({ header: { kid: name } }));
      assert.ok(issuer.asked <= before + 1, `${issuer.asked - before} questions`);
    });

    test("a new key is fetched, and one that is taken back is believed for five minutes at most", async () => {
      const [first, second] = [issuer.keys[0], await keyPair("second")];
      const later = (seconds) => ({ iat: NOW + seconds - 10, exp: NOW + seconds + 200 });
      issuer.keys = [second, first];
      await app.passTime(6);
      assert.deepEqual(await ask(issuer.token({ key: second })), [200, ACCOUNT]);
      assert.deepEqual(await ask(issuer.token({ key: first })), [200, ACCOUNT]);
      issuer.keys = [second];
      await app.passTime(301);
      assert.deepEqual(await ask(issuer.token({ key: second, claims: later(307) })), [200, ACCOUNT]);
      assert.deepEqual(await ask(issuer.token({ key: first, claims: later(307) })), [401, "not_signed_in"]);
    });
  });
}
