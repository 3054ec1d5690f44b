// Every kind of signer that there is on npm signs in, each as it is published.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { Account, JsonRpcProvider, KeyPair, KeyPairSigner } from "near-api-js";
import { signMessage } from "near-api-js/nep413";
import { InMemoryKeyStore, Near, parseKey } from "near-kit";
import { sign } from "near-sign-verify";
import { getSession, signIn, signOut } from "siwn-client";
import { server } from "./server.js";

const dev = server();

/** Signs in by these means, looks at the session, and ends it. */
async function signsIn(wallet, { accountId, publicKey } = dev.alice) {
  const session = await signIn({ wallet, server: dev.server, bearer: true });
  assert.deepEqual([session.accountId, session.publicKey, session.network], [accountId, publicKey ?? null, "siwn-devnet"]);
  const own = { server: dev.server, token: session.token };
  assert.equal((await getSession(own)).accountId, accountId);
  await signOut(own);
  assert.equal(await getSession(own), null);
}

/** A wallet that signs with near-kit's key pair, and answers what `shape` makes of it. */
function wallet(shape = (signed) => signed) {
  const key = parseKey(dev.alice.privateKey);
  return {
    asked: [],
    async signMessage(wish) {
      this.asked.push(wish);
      return shape(key.signNep413Message(dev.alice.accountId, { ...wish, nonce: Uint8Array.from(wish.nonce) }));
    },
  };
}

describe("signs in", () => {
  test("near-kit's Near", () => {
    const keyStore = new InMemoryKeyStore({ [dev.alice.accountId]: dev.alice.privateKey });
    const network = { networkId: "siwn-devnet", rpcUrl: `${dev.url}/_devnet/rpc` };
    return signsIn(new Near({ network, keyStore, defaultSignerId: dev.alice.accountId }));
  });

  test("near-kit's key pair", () => signsIn(wallet()));

  test("near-api-js's signMessage", () => {
    const signer = new KeyPairSigner(KeyPair.fromString(dev.alice.privateKey));
    const signerAccount = new Account(dev.alice.accountId, new JsonRpcProvider({ url: `${dev.url}/_devnet/rpc` }), signer);
    return signsIn(({ message, nonce, recipient }) => signMessage({ signerAccount, payload: { message, nonce, recipient } }));
  });

  test("near-sign-verify's sign with a key", () => {
    const { privateKey: signer, accountId } = dev.alice;
    return signsIn(({ message, ...given }) => sign(message, { signer, accountId, ...given }));
  });

  test("near-sign-verify's sign with a wallet", () => {
    const signer = wallet();
    return signsIn(({ message, ...given }) => sign(message, { signer, ...given }));
  });

  test("the authorization of an account that is a contract", () => {
    const authorize = async ({ payload }) => {
      const { accountId } = dev.contract;
      const headers = { "Content-Type": "application/json" };
      const body = JSON.stringify({ accountId, payload });
      return { accountId, ...(await (await fetch(`${dev.url}/_dev/authorize`, { method: "POST", headers, body })).json()) };
    };
    return signsIn(authorize, dev.contract);
  });
});

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const base58 = (bytes) => {
  let value = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  let digits = "";
  for (; value > 0n; value /= 58n) digits = alphabet[Number(value % 58n)] + digits;
  return "1".repeat(bytes.findIndex((byte) => byte !== 0)) + digits;
};
const bytes = (signature) => Uint8Array.from(Buffer.from(signature, "base64"));

describe("signs in with a wallet", () => {
  for (const [what, shape] of [
    ["whose signature is base58", (signed) => ({ ...signed, signature: `ed25519:${base58(bytes(signed.signature))}` })],
    ["whose signature is bytes", (signed) => ({ ...signed, signature: bytes(signed.signature) })],
    ["whose key is an object", (signed) => ({ ...signed, publicKey: { toString: () => signed.publicKey } })],
    ["that drops everything else", ({ accountId, publicKey, signature }) => ({ accountId, publicKey, signature })],
    ["whose state is empty", (signed) => ({ ...signed, state: "" })],
    ["whose answer is in an envelope", (response) => ({ response })],
    ["that answers a list of accounts", (signedMessage) => [{ accountId: "somebody.else", publicKey: "", signedMessage }]],
  ]) {
    test(what, () => signsIn(wallet(shape)));
  }
});

describe("signs in with the object of", () => {
  /** Its rules for what it is asked, and what it makes of the answer. */
  const shaped = (rule, shape) => {
    const signer = wallet();
    return { signMessage: async (wish) => (rule(wish), shape(await signer.signMessage(wish))) };
  };

  test("wallet-selector, which takes Node's bytes only", () => {
    const rule = ({ nonce, message, recipient }) => assert.ok(Buffer.isBuffer(nonce) && nonce.length === 32 && message && recipient);
    return signsIn(shaped(rule, ({ accountId, publicKey, signature }) => ({ accountId, publicKey, signature })));
  });

  test("wallet-selector's wallets that leave the page, which answer nothing here", async () => {
    const left = shaped(() => {}, () => undefined);
    await assert.rejects(signIn({ wallet: left, server: dev.server, bearer: true }), { code: "cancelled" });
  });

  test("fastintear, which makes an array of the nonce and echoes what it does not know", () => {
    const rule = ({ nonce }) => assert.equal(Array.from(nonce).length, 32);
    return signsIn(shaped(rule, (signed) => ({ ...signed, signature: `ed25519:${base58(bytes(signed.signature))}`, message: "…", state: undefined })));
  });
});

describe("the nonce", () => {
  test("is of Node's kind where there is one, and the wallet is asked for nothing else", async () => {
    const asked = wallet();
    await signsIn(asked);
    assert.ok(Buffer.isBuffer(asked.asked[0].nonce));
    assert.deepEqual(Object.keys(asked.asked[0]), ["message", "recipient", "nonce"]);
  });

  for (const id of ["hot-wallet", "wallet-connect", "unity-wallet"]) {
    test(`is a list of numbers for ${id}`, async () => {
      const asked = Object.assign(wallet(), { manifest: { id } });
      await signsIn(asked);
      assert.ok(Array.isArray(asked.asked[0].nonce));
    });
  }
});
