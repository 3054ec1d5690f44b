// Signs as wallets do (NEP-413), with a key of `siwn dev`.
import { createHash, createPrivateKey, sign } from "node:crypto";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
// NEP-413: 2^31 + 413.
const TAG = 2_147_484_061;
// What stands before an Ed25519 seed in PKCS #8 (RFC 8410, section 7).
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** @param {{ nonce: Iterable<number> }} wish */
export function signMessage({ accountId, publicKey, privateKey }, { message, nonce, recipient, callbackUrl }) {
  const callback = callbackUrl ? [Buffer.from([1]), text(callbackUrl)] : [Buffer.from([0])];
  const payload = Buffer.concat([number(TAG), text(message), Buffer.from(nonce), text(recipient), ...callback]);
  const signature = sign(null, createHash("sha256").update(payload).digest(), keyOf(privateKey));
  return { accountId, publicKey, signature: signature.toString("base64") };
}

function keyOf(privateKey) {
  const seed = Buffer.from(fromBase58(privateKey.replace("ed25519:", "")), "hex").subarray(0, 32);
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
}

function number(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

const text = (value) => Buffer.concat([number(Buffer.byteLength(value)), Buffer.from(value)]);

/** The 64 bytes of a private key, in hexadecimal digits. */
const fromBase58 = (digits) =>
  Array.from(digits).reduce((sum, digit) => sum * 58n + BigInt(ALPHABET.indexOf(digit)), 0n).toString(16).padStart(128, "0");

export function base58(bytes) {
  let value = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  let digits = "";
  for (; value > 0n; value /= 58n) digits = ALPHABET[Number(value % 58n)] + digits;
  return "1".repeat(bytes.findIndex((byte) => byte !== 0)) + digits;
}
