// The devnet's card on the page of `siwn dev`: what the chain holds of the chosen account, and switches to change it, to break the node, and
// to let time pass.

import { forward } from "./manners.js";
import { look } from "./seen.js";

const STATE_EVERY = 2_000;
const STATE_EVERY_WHILE_CHANGING = 300;

/** What can go wrong with the node, as the devnet takes it, and what one should see. */
const FAULTS = {
  none: [undefined, "The node answers as it should."],
  unavailable: [{ fault: "unavailable" }, "Each call is answered 503. A login is neither let in nor refused: 503, and the proof can be sent again."],
  slow: [{ fault: "delay", milliseconds: 3_000 }, "Each call takes 3 s, longer than the server waits: 503 after two of them at most."],
  lagging: [{ fault: "lagging", milliseconds: 120_000 }, "The node stands still two minutes ago: a chain that old is not believed, 503."],
  garbage: [{ fault: "garbage" }, "The node answers with a web page: not an answer, 503."],
  limited: [{ fault: "too-many-requests", retryAfter: 5 }, "The node answers 429 and asks for 5 s: 503, with Retry-After."],
};

const byId = (id) => document.getElementById(id);
const brief = (key) => `${key.slice(0, 14)}…${key.slice(-6)}`;

let devnet;
let accounts = [];
let chosen;
let request;
let afterwards = () => {};
/** A change of the chosen account that is not final yet: the block that has it, and what to say then. */
let changing;

/** Shows the devnet from now on. `send` is how the page sends requests, `timePassed` what it does when the clock was put forward. */
export function watchDevnet(send, listed, timePassed) {
  [request, accounts, afterwards] = [send, listed, timePassed];
  byId("fault").replaceChildren(...Object.keys(FAULTS).map((name) => new Option(FAULT_NAMES[name], name)));
  byId("fault").addEventListener("change", changeFault);
  byId("change-key").addEventListener("click", changeKey);
  byId("change-account").addEventListener("click", changeAccount);
  for (const button of document.querySelectorAll("[data-forward]")) button.addEventListener("click", () => letTimePass(button));
  byId("fault-means").textContent = FAULTS.none[1];
  watch();
}

const FAULT_NAMES = {
  none: "Works",
  unavailable: "Is down",
  slow: "Is slow",
  lagging: "Stands still",
  garbage: "Answers nonsense",
  limited: "Has had enough",
};

/** Shows what the chain holds of this account. */
export function showAccount(account) {
  chosen = account;
  changing = undefined;
  const name = account.accountId.split(".")[0];
  byId("devnet-account").textContent = account.publicKey ? `${name}’s key` : name;
  show();
}

/** How far the server's clock is ahead, in seconds. */
export function showAhead(seconds) {
  const units = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
  const parts = [];
  for (const [unit, length] of units) {
    const count = Math.floor(seconds / length);
    seconds %= length;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
  }
  byId("ahead").textContent = parts.length > 0 ? `${parts.join(" ")} ahead` : "as this machine’s";
}

async function watch() {
  if (document.visibilityState === "visible") {
    try {
      devnet = await (await fetch("/_devnet/state")).json();
      show();
    } catch {
      byId("devnet-status").textContent = "The devnet does not answer. Is siwn dev still running?";
    }
  }
  setTimeout(watch, changing ? STATE_EVERY_WHILE_CHANGING : STATE_EVERY);
}

function show() {
  if (!devnet || !chosen) return;
  byId("head").textContent = devnet.head.height;
  byId("final").textContent = devnet.final.height;
  const name = chosen.accountId;
  if (changing && devnet.final.height >= changing.height) {
    byId("devnet-status").textContent = changing.afterwards;
    changing = undefined;
  } else if (changing) {
    byId("devnet-status").textContent = `In block ${changing.height}. A login sees it when that block is final…`;
  }
  const [key, whole] = [byId("change-key"), byId("change-account")];
  const found = accountOnChain();
  whole.textContent = found ? `Delete ${name}` : `Bring ${name} back`;
  if (!chosen.publicKey) {
    byId("devnet-key").textContent = chosen.what;
    byId("devnet-access").textContent = "asked itself";
    key.textContent = "Remove the key";
    return (key.disabled = whole.disabled = true);
  }
  const permission = permissionOnChain();
  byId("devnet-key").textContent = brief(chosen.publicKey);
  byId("devnet-access").textContent = found ? accessOf(permission) : "no such account";
  key.textContent = permission === undefined ? `Add ${name}’s key back` : `Remove ${name}’s key`;
  key.disabled = changing !== undefined || !found;
  whole.disabled = changing !== undefined;
}

const accountOnChain = () => devnet.accounts.find(({ accountId }) => accountId === chosen.accountId);

function permissionOnChain() {
  return accountOnChain()?.keys.find(({ publicKey }) => publicKey === chosen.handle)?.permission;
}

function accessOf(permission) {
  if (permission === undefined) return "not there";
  return permission === "FullAccess" ? "full access" : `calls ${permission.FunctionCall?.receiver_id}`;
}

const permissionOf = ({ access }) => (access === "full" ? "FullAccess" : { FunctionCall: { receiver_id: "app.test.near" } });

async function changeKey() {
  const { publicKey, accountId } = chosen;
  const isThere = permissionOnChain() !== undefined;
  const path = `/_devnet/accounts/${accountId}/keys`;
  const changed = isThere
    ? await request("DELETE", path, { publicKey })
    : await request("POST", path, { publicKey, permission: permissionOf(chosen) });
  const afterwards = isThere ? "The key is gone. Sign in with it and see the refusal." : "The key is back. It signs in again.";
  begun(changed, afterwards);
}

async function changeAccount() {
  const { accountId } = chosen;
  if (accountOnChain()) {
    return begun(await request("DELETE", `/_devnet/accounts/${accountId}`), "The account is gone. Sign in with it and see the refusal.");
  }
  const [first, ...others] = accounts.filter((account) => account.accountId === accountId);
  const { publicKey } = first;
  let changed = await request("POST", "/_devnet/accounts", { accountId, publicKey, permission: permissionOf(first) });
  for (const other of others) {
    if (!changed.ok) break;
    const key = { publicKey: other.publicKey, permission: permissionOf(other) };
    changed = await request("POST", `/_devnet/accounts/${accountId}/keys`, key);
  }
  begun(changed, "The account is back, with its keys.");
}

function begun(changed, afterwards) {
  if (!changed.ok) return (byId("devnet-status").textContent = `${changed.body.message} (${changed.body.error})`);
  changing = { height: changed.body.height, afterwards };
  byId("devnet-status").textContent = "";
  byId("change-key").disabled = byId("change-account").disabled = true;
}

async function changeFault() {
  const [fault, means] = FAULTS[byId("fault").value];
  await request("DELETE", "/_devnet/fault");
  if (fault) await request("POST", "/_devnet/fault", fault);
  byId("fault-means").textContent = means;
}

async function letTimePass(button) {
  await forward(Number(button.dataset.forward));
  await afterwards();
  look();
}
