// A wallet's website, as `siwn dev` plays it: asked by a link, it answers behind the # of the callback URL; in a window, to its opener.

import { GROUPS, chosenManner, mannerOf, play } from "/_dev/manners.js";

const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const isWindow = asked.has("window");
const wish = {
  message: asked.get("message") ?? "",
  recipient: asked.get("recipient") ?? "",
  nonce: Uint8Array.from(atob(asked.get("nonce") ?? ""), (character) => character.charCodeAt(0)),
  callbackUrl: asked.get("callbackUrl") ?? undefined,
  state: asked.get("state") ?? undefined,
};

/** Answers the window that asked, or sends the browser back. Wallets write each value that is not empty, and end with a `&`. */
function answer(values) {
  if (!values) return isWindow ? close() : history.back();
  if (isWindow) return window.opener?.postMessage({ testWallet: values }, location.origin);
  const fragment = Object.entries(values).filter(([, value]) => value);
  location.href = `${wish.callbackUrl.split("#")[0]}#${fragment.map(([name, value]) => `${name}=${encodeURIComponent(value)}&`).join("")}`;
}

async function approve(accounts) {
  for (const id of ["approve", "reject"]) byId(id).disabled = true;
  const account = accounts[byId("account").value];
  answer(await play(byId("manner").value, account, accounts, wish));
}

function showManner() {
  const { plays, see } = mannerOf(byId("manner").value);
  byId("plays").textContent = plays;
  byId("see").textContent = see;
}

const { accounts } = await (await fetch("/_dev/accounts.json")).json();
byId("recipient").textContent = wish.recipient;
byId("message").textContent = wish.message;
byId("how").textContent = isWindow ? "Test wallet, in a window of its own" : "Test wallet, on a website of its own as far as the login page can tell";
for (const [index, { accountId, what, publicKey }] of accounts.entries()) {
  if (publicKey) byId("account").add(new Option(`${accountId}, ${what}`, index));
}
for (const { title, manners } of GROUPS) {
  const group = document.createElement("optgroup");
  group.label = title;
  group.append(...manners.map(({ id, title }) => new Option(title, id)));
  byId("manner").append(group);
}
byId("manner").value = chosenManner().id;
showManner();
byId("manner").addEventListener("change", showManner);
byId("reject").addEventListener("click", () => answer({ error: "User rejected" }));
byId("prompt").addEventListener("submit", (event) => (event.preventDefault(), approve(accounts)));
for (const id of ["approve", "reject"]) byId(id).disabled = false;
