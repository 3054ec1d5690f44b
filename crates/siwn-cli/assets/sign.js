// Signs like a wallet: NEP-413, with a private key in the page. For the test wallets only.

// NEP-413: 2^31 + 413 in front of what is signed keeps a message from being a transaction.
export const TAG = 2_147_484_061;
// What stands before the 32 bytes of an Ed25519 seed in PKCS #8 (RFC 8410, section 7).
const PKCS8 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
export const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** A signed message, with the account's private key: in the page, or by the server where no browser knows keys of that type. */
export async function signMessage(account, wish) {
  const { accountId, publicKey, signs } = account;
  const signature = signs === "server" ? await signedByServer(publicKey, wish) : await signedHere(account, wish);
  return { accountId, publicKey, signature };
}

async function signedHere({ privateKey }, wish) {
  const key = typeof privateKey === "string" ? await signingKey(privateKey) : privateKey;
  const signature = await crypto.subtle.sign("Ed25519", key, await digest(wish));
  return base64(new Uint8Array(signature));
}

async function signedByServer(publicKey, { message, nonce, recipient, callbackUrl }) {
  const body = JSON.stringify({ publicKey, message, nonce: base64(nonce), recipient, callbackUrl });
  const answer = await fetch("/_dev/sign", { method: "POST", headers: { "content-type": "application/json" }, body });
  return (await answer.json()).signature;
}

const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** What is signed. Without the tag it is no NEP-413, and refused everywhere. */
export async function digest({ message, nonce, recipient, callbackUrl, tag = true }) {
  const callback = callbackUrl === undefined ? [0] : [1, ...text(callbackUrl)];
  const payload = Uint8Array.from([...(tag ? number(TAG) : []), ...text(message), ...nonce, ...text(recipient), ...callback]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", payload));
}

export function signingKey(privateKey) {
  // The seed comes first, the public half after it.
  const seed = fromBase58(privateKey.replace("ed25519:", "")).slice(0, 32);
  return crypto.subtle.importKey("pkcs8", Uint8Array.from([...PKCS8, ...seed]), "Ed25519", false, ["sign"]);
}

/** Borsh: a number in four bytes, the lowest first; a text after its length. */
const number = (value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);

function text(value) {
  const bytes = new TextEncoder().encode(value);
  return [...number(bytes.length), ...bytes];
}

/** The 64 bytes of a private key. */
function fromBase58(digits) {
  const value = Array.from(digits).reduce((sum, digit) => sum * 58n + BigInt(BASE58.indexOf(digit)), 0n);
  return value.toString(16).padStart(128, "0").match(/../g).map((byte) => parseInt(byte, 16));
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
