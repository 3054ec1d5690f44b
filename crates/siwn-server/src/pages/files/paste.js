// What command lines print, read.
// @ts-check

/**
 * A proof in what somebody pasted: near-sign-verify's token, JSON with a signed message, or lines with a key and a signature.
 * @param {string} text @param {string} accountId
 * @returns {{ authToken: string } | { accountId: string, publicKey: string, signature: string } | undefined}
 */
export function read(text, accountId) {
  const trimmed = text.trim();
  // The shortest token has an account, a key, a signature and a nonce.
  if (/^[A-Za-z0-9+/]{200,}={0,2}$/.test(trimmed)) return { authToken: trimmed };
  return fromJson(trimmed) ?? fromLines(trimmed, accountId);
}

/** @param {string} text */
function fromJson(text) {
  const object = text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1);
  try {
    const parsed = JSON.parse(object);
    const { accountId, publicKey, signature } = parsed.signedMessage ?? parsed;
    return [accountId, publicKey, signature].every((part) => typeof part === "string" && part !== "") ? { accountId, publicKey, signature } : undefined;
  } catch {
    return undefined;
  }
}

/** Key and signature are told by their lengths: 32 and 64 bytes. @param {string} text @param {string} accountId */
function fromLines(text, accountId) {
  const publicKey = text.match(/\bed25519:[1-9A-HJ-NP-Za-km-z]{40,44}(?![1-9A-HJ-NP-Za-km-z])/)?.[0];
  const signature = text.match(/\bed25519:[1-9A-HJ-NP-Za-km-z]{80,88}(?![1-9A-HJ-NP-Za-km-z])/)?.[0] ?? text.match(/(?<![\w+/])[A-Za-z0-9+/]{86}==/)?.[0];
  return publicKey && signature ? { accountId, publicKey, signature } : undefined;
}

/** @typedef {{ message: string, recipient: string, nonce: number[], state: string }} Challenge */

/** The two commands that sign a challenge. @param {Challenge} challenge @param {string} accountId */
export function commands({ message, recipient, nonce, state }, accountId) {
  const base64 = btoa(String.fromCharCode(...nonce));
  const account = quoted(accountId || "ACCOUNT");
  return {
    near: `near message sign-nep413 utf8 ${quoted(message)} nonce ${quoted(base64)} recipient ${quoted(recipient)} sign-as ${account}`,
    siwn: `siwn sign ${quoted(message)} --account ${account} --recipient ${quoted(recipient)} --nonce ${quoted(base64)} --state ${quoted(state)}`,
  };
}

/** @param {string} text */
const quoted = (text) => (/^[\w.@:+/=-]+$/.test(text) && !text.startsWith("-") ? text : `'${text.replaceAll("'", "'\\''")}'`);
