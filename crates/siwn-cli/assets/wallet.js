// A wallet's website, as `siwn dev` plays it: asked by a link, it answers behind the # of the callback URL; in a window, to its opener.

import { BASE58, signMessage } from "/_dev/sign.js";

const byId = (id) => document.getElementById(id);
const wish = new URLSearchParams(location.search);
const [message, recipient] = ["message", "recipient"].map((name) => wish.get(name) ?? "");
const callbackUrl = wish.get("callbackUrl") ?? undefined;
const nonce = Uint8Array.from(atob(wish.get("nonce") ?? ""), (character) => character.charCodeAt(0));

/** Answers the window that asked, or sends the browser back. Wallets write each value that is not empty, and end with a `&`. */
function answer(values) {
  if (wish.has("window")) return window.opener?.postMessage({ testWallet: values }, location.origin);
  const fragment = Object.entries(values).filter(([, value]) => value);
  location.href = `${callbackUrl.split("#")[0]}#${fragment.map(([name, value]) => `${name}=${encodeURIComponent(value)}&`).join("")}`;
}

const manners = {
  well: {},
  "no-callback": { given: { callbackUrl: undefined } },
  "no-state": { answered: () => ({ state: "" }) },
  base58: { answered: ({ signature }) => ({ signature: `ed25519:${toBase58(signature)}` }) },
  other: { given: { message: `${message}, and everywhere else` } },
};

async function approve(accounts) {
  const manner = byId("manner").value;
  // A refusal carries no state.
  if (manner === "fails") return answer({ error: "Something went wrong in the wallet" });
  const { given, answered } = manners[manner];
  const account = accounts[byId("account").value];
  const signed = { ...(await signMessage(account, { message, nonce, recipient, callbackUrl, ...given })), state: wish.get("state") };
  answer({ ...signed, ...answered?.(signed) });
}

function toBase58(base64) {
  const bytes = Array.from(atob(base64), (character) => character.charCodeAt(0));
  let value = BigInt(`0x${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`);
  let digits = "";
  for (; value > 0n; value /= 58n) digits = BASE58[Number(value % 58n)] + digits;
  return "1".repeat(bytes.findIndex((byte) => byte !== 0)) + digits;
}

const { accounts } = await (await fetch("/_dev/accounts.json")).json();
byId("recipient").textContent = recipient;
byId("message").textContent = message;
for (const [index, { accountId, what, signs }] of accounts.entries()) {
  if (signs === "page") byId("account").add(new Option(`${accountId}, ${what}`, index));
}
byId("reject").addEventListener("click", () => answer({ error: "User rejected" }));
byId("prompt").addEventListener("submit", (event) => (event.preventDefault(), approve(accounts)));
for (const id of ["approve", "reject"]) byId(id).disabled = false;
