// Manners of wallets: what each of the test wallets can play, so that one sees what becomes of it. For `siwn dev` only.

import { BASE58, signMessage } from "/_dev/sign.js";

const KEPT = "siwn dev manner";
/** Longer than any page waits for a wallet, in milliseconds. */
const TOO_LATE = 150_000;
/** As long as a challenge is good, in seconds. */
const CHALLENGE = 300;

/** In groups: what it plays, and what one should see. */
export const GROUPS = [
  {
    title: "Signs you in all the same",
    manners: [
      { id: "well", title: "As it should", plays: "Signs message, nonce and recipient; by a redirect the callback URL, too.", see: "You are signed in." },
      { id: "base58", title: "Signature in base58", plays: "Writes the key’s type and base58 in place of base64.", see: "You are signed in." },
      { id: "no-state", title: "Drops the state", plays: "Answers without the state that it was given.", see: "You are signed in: the nonce alone says which login it is." },
      { id: "no-callback", title: "Opened by a page", plays: "Answers by a redirect and signs no callback URL, as in a tab that another page opened.", see: "You are signed in, for callbackUrl None." },
      { id: "nonce-object", title: "Nonce as an object", plays: "Hands the nonce back as the object that JSON makes of bytes.", see: "You are signed in: clients send the challenge’s own nonce." },
      { id: "another", title: "Another account signs", plays: "Signs as the next account, not as the chosen one, with its own key.", see: "You are signed in as the other one: what is signed counts." },
    ],
  },
  {
    title: "Does not sign",
    manners: [
      { id: "empty", title: "Says yes and signs nothing", plays: "Reports a success without a signature.", see: "The page says that nothing was signed; the server is asked nothing." },
      { id: "closes", title: "Goes away", plays: "Closes its window; after a redirect it goes back.", see: "The page says that you cancelled, or waits for your choice." },
      { id: "rejects", title: "Says no", plays: "Answers with an error that says no, and without the state.", see: "The page says that you said no." },
      { id: "fails", title: "Fails", plays: "Answers with an error of its own, and without the state.", see: "The page says that the wallet failed, and does not repeat its words." },
    ],
  },
  {
    title: "Takes its time",
    manners: [
      { id: "slow", title: "Too late for the page", plays: "Answers after two and a half minutes.", see: "The page stops waiting after two; after a redirect the server still says yes." },
      { id: "expired", title: "Too late for the server", plays: "Puts the server’s clock five minutes forward, then answers.", see: "challenge_expired; the login page starts over by itself, once." },
    ],
  },
  {
    title: "Is refused",
    manners: [
      { id: "other", title: "Signs another message", plays: "Adds words to the message before it signs.", see: "signature_invalid" },
      { id: "other-nonce", title: "Signs another nonce", plays: "Signs a nonce of its own, as with a clock in it.", see: "signature_invalid" },
      { id: "untagged", title: "Signs without the tag", plays: "Leaves out NEP-413’s tag, which keeps messages from being transactions.", see: "signature_invalid" },
      { id: "page-callback", title: "Signs the page’s address", plays: "Signs the login page’s address as a callback URL that nobody asked for.", see: "signature_invalid; the server knows which address it was." },
      { id: "other-state", title: "Answers another state", plays: "Hands back the state of some other login.", see: "state_mismatch" },
      { id: "wrong-account", title: "Names another account", plays: "Signs with your key and says that it was the next account.", see: "key_not_found: the signature is good, the key is not the account’s." },
      { id: "own-key", title: "Signs with a key of its own", plays: "Signs with a key that is on no account.", see: "key_not_found" },
      { id: "function-call", title: "Signs with an app’s key", plays: "Signs as bob, with a key that may only call contracts.", see: "key_not_full_access" },
    ],
  },
];

const ALL = GROUPS.flatMap(({ manners }) => manners);

export const mannerOf = (id) => ALL.find((manner) => manner.id === id) ?? ALL[0];

/** The manner that was chosen last in this browser. */
export const chosenManner = () => mannerOf(localStorage.getItem(KEPT));

export const chooseManner = (id) => localStorage.setItem(KEPT, id);

/**
 * What a wallet of this manner answers: what it signed, `{ error }`, or nothing where it goes away.
 * `wish` is what it was asked to sign, with the callback URL and the state if there are any.
 */
export async function play(id, account, accounts, wish) {
  if (id === "closes") return undefined;
  if (id === "empty") return { accountId: account.accountId, publicKey: "", signature: "" };
  if (id === "rejects") return { error: "User rejected" };
  if (id === "fails") return { error: "Something went wrong in the wallet" };
  if (id === "slow") await new Promise((later) => setTimeout(later, TOO_LATE));
  if (id === "expired") await forward(CHALLENGE);
  const signed = await signMessage(await signerOf(id, account, accounts), asked(id, wish));
  return changed(id, { ...signed, ...(wish.state && { state: wish.state }) }, account, accounts);
}

/** Puts the server's clock forward, by so many seconds. */
export const forward = (seconds) =>
  fetch("/_dev/clock", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ forward: seconds }) });

async function signerOf(id, account, accounts) {
  if (id === "another") return next(account, accounts);
  if (id === "function-call") return accounts.find(({ access }) => access === "functionCall");
  return id === "own-key" ? { ...(await newKey()), accountId: account.accountId } : account;
}

/** What is signed in the place of what was asked. */
function asked(id, wish) {
  const given = {
    "no-callback": { callbackUrl: undefined },
    other: { message: `${wish.message}, and everywhere else` },
    "other-nonce": { nonce: crypto.getRandomValues(new Uint8Array(32)) },
    untagged: { tag: false },
    "page-callback": { callbackUrl: `${location.origin}/login` },
  };
  return { ...wish, ...given[id] };
}

/** What is answered in the place of what was signed. */
function changed(id, signed, account, accounts) {
  if (id === "base58") return { ...signed, signature: `${signed.publicKey.split(":")[0]}:${toBase58(atob(signed.signature))}` };
  if (id === "no-state") return { ...signed, state: undefined };
  if (id === "other-state") return { ...signed, state: "AAAAAAAAAAAAAAAAAAAAAA" };
  if (id === "nonce-object") return { ...signed, nonce: JSON.stringify(new Uint8Array(32)) };
  if (id === "wrong-account") return { ...signed, accountId: next(account, accounts).accountId };
  return signed;
}

/** The account after this one, among those with a full-access key that browsers know. */
function next({ accountId }, accounts) {
  const people = accounts.filter(({ access, signs }) => access === "full" && signs === "page");
  return people[(people.findIndex((other) => other.accountId === accountId) + 1) % people.length];
}

async function newKey() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const text = String.fromCharCode(...new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)));
  return { publicKey: `ed25519:${toBase58(text)}`, privateKey, signs: "page" };
}

function toBase58(text) {
  const bytes = Array.from(text, (character) => character.charCodeAt(0));
  let value = BigInt(`0x${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`);
  let digits = "";
  for (; value > 0n; value /= 58n) digits = BASE58[Number(value % 58n)] + digits;
  return "1".repeat(bytes.findIndex((byte) => byte !== 0)) + digits;
}
