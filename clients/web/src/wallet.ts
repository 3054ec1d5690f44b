// What wallets differ in, in one place.
import { SiwnError, cancelled } from "./errors.js";

/** Anything that signs NEP-413 messages: a connector's wallet, a wallet's own object, a key pair's. */
export interface Wallet {
  signMessage(message: { message: string; recipient: string; nonce: Uint8Array }): unknown;
}

/** What the server asks somebody to sign. */
export interface Challenge {
  /** What people read in the wallet. */
  message: string;
  /** Whom the signature is for. */
  recipient: string;
  /** 32 bytes. */
  nonce: Uint8Array<ArrayBuffer>;
  /** What comes back with the proof. */
  state: string;
  /** `mainnet`, `testnet` or a chain id. */
  network: string;
  /** Until when it is good, as in `2026-01-31T12:00:00.000Z`. */
  expiresAt: string;
  /** What an account that is a contract authorizes (NEP-641). */
  payload: string;
}

/** What a wallet answers: NEP-413's signed message. */
export interface Signed {
  accountId: string;
  /** As in `ed25519:…`. */
  publicKey: string | { toString(): string };
  /** base64, the 64 bytes, or `ed25519:` and base58. */
  signature: string | Uint8Array;
  state?: string | null | undefined;
}

/** What an account that is a contract answers: an authorization of the challenge's payload (NEP-641). */
export interface Authorized {
  accountId: string;
  authorization: string | object;
}

/** Makes a proof of a challenge by any other means: near-sign-verify's token, a signed message, an authorization. */
export type Prove = (challenge: Challenge) => Promise<string | Signed | Authorized> | string | Signed | Authorized;

/** Wallets of the connector that pass the nonce on as JSON: of a typed array they would make an object. */
const TAKES_NUMBERS = ["hot-wallet", "wallet-connect", "unity-wallet"];
/** How wallets say that the person said no, or went away. */
const NO = /\b(reject|cancel|denied|declined|clos(e|ed|ing)\b)/i;

/** What is sent to `verify-login`. */
export async function prove(wallet: Wallet | Prove, challenge: Challenge): Promise<object> {
  let answer: unknown;
  try {
    answer = typeof wallet === "function" ? await wallet(challenge) : await wallet.signMessage(wish(wallet, challenge));
  } catch (error) {
    throw failed(error);
  }
  try {
    return typeof answer === "string" ? tokenProof(answer) : fieldsProof(answer, challenge);
  } catch (cause) {
    throw cause instanceof SiwnError ? cause : new SiwnError("wallet_failed", "the wallet failed: its answer cannot be read", { cause });
  }
}

/** Neither `state` nor `callbackUrl`: of those that are asked to, some wallets sign the one and drop the other, without saying so. */
function wish(wallet: Wallet, { message, recipient, nonce }: Challenge): { message: string; recipient: string; nonce: Uint8Array } {
  const { id } = Object((wallet as { manifest?: unknown }).manifest) as { id?: string };
  const numbers = id !== undefined && TAKES_NUMBERS.includes(id);
  return { message, recipient, nonce: numbers ? (Array.from(nonce) as unknown as Uint8Array) : asBuffer(nonce) };
}

/** Some wallets take Node's kind of bytes only. Where a page has it, it serves the others as well. */
function asBuffer(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  const { Buffer } = globalThis as { Buffer?: { from(bytes: ArrayBuffer): Uint8Array } };
  return Buffer ? Buffer.from(bytes.buffer) : bytes;
}

/** A token that a refusal was put into has empty texts: account, key or signature. */
function tokenProof(authToken: string): object {
  let rest = atob(authToken);
  for (let text = 0; text < 3; text++) {
    // Borsh: a length of four bytes, the lowest first.
    const length = rest.charCodeAt(0) + rest.charCodeAt(1) * 256;
    if (!length) throw cancelled();
    rest = rest.slice(4 + length);
  }
  return { authToken };
}

function fieldsProof(answer: unknown, { nonce, state }: Challenge): object {
  const given = unwrapped(answer);
  const { accountId, publicKey, signature, authorization } = given;
  const proof = { accountId, nonce: Array.from(nonce), state: given["state"] || state };
  if (authorization) {
    return { ...proof, authorization: typeof authorization === "string" ? authorization : JSON.stringify(authorization) };
  }
  // There are wallets that answer a refusal as a success in which nothing is signed.
  if (!accountId || !publicKey || !signature) throw cancelled();
  return { ...proof, publicKey: String(publicKey), signature: typeof signature === "string" ? signature : base64(signature) };
}

/** The signed message itself, out of whatever a wallet has put it into. */
function unwrapped(answer: unknown): Record<string, unknown> {
  const { error, response, signedMessage, ...given } = Object(Array.isArray(answer) ? answer[0] : answer) as Record<string, unknown>;
  if (error) throw failed(error);
  const inner = response ?? signedMessage;
  return inner ? unwrapped(inner) : given;
}

function base64(bytes: unknown): string {
  return btoa(String.fromCharCode(...(bytes as Iterable<number>)));
}

/** Wallets throw errors, texts, and objects that are neither. */
function failed(cause: unknown): SiwnError {
  if (cause instanceof SiwnError) return cause;
  const { message, code } = Object(cause) as { message?: unknown; code?: unknown };
  const text = [message, cause].find((said) => typeof said === "string") ?? "it does not say why";
  // 4001: what wallets that also speak Ethereum's language say.
  if (code === 4001 || NO.test(text)) return cancelled(cause);
  return new SiwnError("wallet_failed", `the wallet failed: ${text.slice(0, 200)}`, { cause });
}
