// Tokens of `siwn sign` are tokens of near-sign-verify.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { ACCOUNT, CASES, RECIPIENT, json, keygen, siwn } from "./siwn.js";
import { parseAuthToken, verify } from "near-sign-verify";

const { publicKey, privateKey } = keygen();

// The package asks an index which accounts have the key. Here the answer is local, and the question is kept.
let asked = [];
globalThis.fetch = async (url) => {
  asked.push(String(url));
  return Response.json({ public_key: publicKey, account_ids: [ACCOUNT] });
};

function sign({ message, recipient = RECIPIENT, nonce, state, callbackUrl }, encoding = "hex") {
  const options = { "--nonce": nonce && Buffer.from(nonce).toString(encoding), "--state": state, "--callback-url": callbackUrl };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const args = ["sign", "--account", ACCOUNT, "--recipient", recipient, ...given.flat(), "--", message];
  const { status, stdout, stderr } = siwn(args, { key: privateKey });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd();
}

/** How the package is told to judge a token: an explicit nonce is the caller's own affair. */
function rules({ message, recipient = RECIPIENT, nonce, state }) {
  const exactly = (found) => Buffer.from(found).equals(Buffer.from(nonce));
  const texts = { expectedRecipient: recipient, expectedMessage: message, ...(state && { expectedState: state }) };
  return { ...texts, ...(nonce && { validateNonce: exactly }) };
}

describe("near-sign-verify takes the tokens of siwn sign", () => {
  for (const [name, given] of CASES) {
    test(name, async () => {
      const token = sign(given);
      const parsed = parseAuthToken(token);
      assert.equal(parsed.accountId, ACCOUNT);
      assert.equal(parsed.publicKey, publicKey);
      assert.equal(parsed.message, given.message);
      assert.equal(parsed.recipient, given.recipient ?? RECIPIENT);
      assert.equal(parsed.callbackUrl, given.callbackUrl || null);
      assert.equal(parsed.state, given.state || null);
      if (given.nonce) assert.deepEqual(Array.from(parsed.nonce), Array.from(given.nonce));
      const { signature, nonce, ...fields } = json(["inspect", token]);
      assert.deepEqual({ signature, nonce, ...fields }, { ...parsed, nonce: Array.from(parsed.nonce) });

      asked = [];
      assert.deepEqual(await verify(token, rules(given)), {
        accountId: ACCOUNT,
        publicKey,
        message: given.message,
        callbackUrl: given.callbackUrl || undefined,
        state: given.state || undefined,
      });
      assert.equal(asked.length, 1);
      assert.ok(asked[0].endsWith(`/v0/public_key/${publicKey}`), asked[0]);
    });
  }
});

test("a nonce is the same in hexadecimal and in base64", () => {
  const given = { message: "login", nonce: Uint8Array.from({ length: 32 }, (_, index) => index * 7) };
  assert.equal(sign(given, "hex"), sign(given, "base64"));
});

test("what near-sign-verify refuses of a good token is what does not match", async () => {
  const token = sign({ message: "login", state: "s" });
  await assert.rejects(verify(token, { expectedRecipient: "other.example" }), /Recipient mismatch/);
  await assert.rejects(verify(token, { expectedRecipient: RECIPIENT, expectedMessage: "other" }), /Message mismatch/);
  await assert.rejects(verify(token, { expectedRecipient: RECIPIENT, expectedState: "other" }), /State mismatch/);
});
