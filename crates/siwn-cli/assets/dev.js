// The page of `siwn dev`: a test wallet that logs in for real. It shows each step, so that an application can do the same.

import { showAccount, showAhead, watchDevnet } from "./devnet.js";
import { GROUPS, chooseManner, chosenManner, play } from "./manners.js";
import { look, watchServer } from "./seen.js";
import { TAG, digest, hex, signMessage, signingKey } from "./sign.js";

export { signMessage };

/** How long the page waits for a wallet, in milliseconds: as the login page does. */
const PATIENCE = 120_000;
/** Says to the server that its login page has a wallet that is installed. */
const INSTALLED = "siwn-dev-wallet=installed";

const byId = (id) => document.getElementById(id);
/** None where the browser blocks this page's cookies: some let its tabs not speak to one another then. */
const otherTabs = keepsCookies() ? new BroadcastChannel("siwn-dev") : undefined;

/** The accounts that may be chosen, and the one that is. */
let accounts = [];
let chosen;
/** A proof that the server could not judge: it may be sent again as it is. */
let unjudged;

// ---- The login ----

async function signIn() {
  clearOutcome();
  progress("Asking the server for a challenge…", 0);
  const issued = await request("POST", "/api/auth/initiate-login");
  if (!issued.ok) return refused(issued);
  const challenge = issued.body;

  progress("The wallet asks you to approve…", 1);
  const account = chosen;
  if (!(await approved(account, challenge))) {
    note("The wallet was cancelled", "Nothing was signed or sent.");
    return progress("You cancelled: nothing was signed, and the challenge expires by itself.");
  }
  if (account.signs === "server") return authorize(account, challenge);
  const { message, nonce, recipient, state } = challenge;
  const wish = { message, recipient, nonce: Uint8Array.from(nonce), state };
  const answer = await Promise.race([play(chosenManner().id, account, accounts, wish), patience()]);
  const problem = problemOf(answer);
  if (problem) {
    note(problem, "Nothing was sent.");
    return progress(`${problem}: nothing was sent, and the challenge expires by itself.`);
  }
  const { accountId, publicKey, signature } = answer;
  note(`The wallet signed as ${accountId}`, shown({ tag: TAG, message, nonce, recipient, sha256: hex(await digest(challenge)), signature }));
  await verify({ accountId, publicKey, signature, nonce, ...(answer.state && { state: answer.state }) });
}

const patience = () => new Promise((over) => setTimeout(over, PATIENCE, { error: "timed out" }));

/** Why what a wallet answered is no signature, or nothing. */
function problemOf(answer) {
  if (!answer) return "The wallet went away";
  if (answer.error === "timed out") return "The wallet did not answer in two minutes";
  if (/reject/i.test(answer.error)) return "You said no in the wallet";
  if (answer.error) return "The wallet reported an error";
  return answer.signature ? undefined : "The wallet said yes and signed nothing";
}

/** NEP-641, for keys that no browser knows and for accounts that are contracts: their wallets are in the server. */
async function authorize({ accountId }, { payload, nonce, state }) {
  const granted = await request("POST", "/_dev/authorize", { accountId, payload });
  if (!granted.ok) return progress("The test wallet did not answer. Is siwn dev still running?");
  await verify({ accountId, authorization: granted.body.authorization, nonce, state });
}

async function verify(proof) {
  clearOutcome();
  progress("The server checks…", 2);
  const verified = await request("POST", "/api/auth/verify-login", proof);
  if (!verified.ok) return refused(verified, proof);
  if (!(await showSession())) return;
  byId("signed-in").querySelector("h2").focus();
  otherTabs.postMessage("changed");
}

async function logOut() {
  const ended = await request("POST", "/api/auth/logout");
  byId("log-out-problem").textContent = ended.ok ? "" : inOneLine(ended.body);
  if (!ended.ok) return;
  show("signed-out");
  progress("You are logged out: the server forgot the session.");
  byId("sign-in").focus();
  otherTabs.postMessage("changed");
}

/** Shows who is signed in, and answers whether anybody is. Where no cookie of a session would come along, it is not asked for. */
async function showSession() {
  const wasSignedIn = !byId("signed-in").hidden;
  const answer = (await hasCookie()) ? await request("GET", "/api/auth/session") : undefined;
  if (!answer?.ok) {
    show("signed-out");
    if (answer && answer.body.error !== "not_signed_in") refused(answer);
    else if (wasSignedIn) progress("The session is over. What the server saw says why.");
    return false;
  }
  const session = answer.body;
  byId("session-account").textContent = session.accountId;
  byId("session-key").textContent = session.publicKey ? short(session.publicKey) : "none: the account’s contract agreed";
  byId("session-network").textContent = session.network;
  time("session-created", session.createdAt);
  time("session-expires", session.expiresAt);
  clearOutcome();
  show("signed-in");
  return true;
}

/** Whether this browser has a session's cookie, which its scripts cannot see. A server that is gone is told of by the next request. */
async function hasCookie() {
  try {
    return (await (await fetch("/_dev/cookie")).json()).isThere;
  } catch {
    return true;
  }
}

// ---- The wallet ----

/** Shows the prompt; true when the user approves. */
async function approved(account, challenge) {
  byId("wallet-recipient").textContent = challenge.recipient;
  byId("wallet-site").textContent = `${challenge.recipient}, on ${location.origin}`;
  byId("wallet-account").textContent = account.accountId;
  const authorizes = account.signs === "server";
  byId("wallet-message").textContent = authorizes ? challenge.payload : challenge.message;
  byId("wallet-nonce").textContent = hex(challenge.nonce);
  byId("wallet-hash").textContent = authorizes ? "–" : hex(await digest(challenge));
  byId("wallet-key").textContent = account.publicKey ? short(account.publicKey) : account.what;
  byId("wallet-warning").hidden = account.access !== "functionCall";
  time("wallet-expires", challenge.expiresAt);

  const prompt = byId("wallet");
  // What Escape leaves behind is the answer of the last time.
  prompt.returnValue = "";
  prompt.showModal();
  await new Promise((closed) => prompt.addEventListener("close", closed, { once: true }));
  return prompt.returnValue === "approve";
}

/** Why this browser cannot be a wallet, or nothing. */
async function obstacle() {
  if (!window.isSecureContext) return "Browsers sign only on pages of this machine. Open this page at http://localhost instead.";
  try {
    await signingKey(accounts[0].privateKey);
  } catch {
    return "This browser has no Ed25519 signatures. Use a current one, or sign in on the command line as shown below.";
  }
}

// ---- Requests, and the list of what happened ----

/** Sends JSON and answers what came back; one that never came looks like a refusal. */
async function request(method, path, content) {
  const headers = content === undefined ? {} : { "content-type": "application/json" };
  const body = content === undefined ? undefined : JSON.stringify(content);
  let answer;
  try {
    const response = await fetch(path, { method, headers, body });
    const received = await response.text();
    answer = { ok: response.ok, status: response.status, body: received === "" ? undefined : JSON.parse(received) };
  } catch {
    answer = { ok: false, status: 0, body: { error: "unreachable", message: "the server did not answer" } };
  }
  record(method, path, content, answer);
  look();
  return answer;
}

function record(method, path, content, { ok, status, body }) {
  const entry = document.createElement("details");
  const summary = add(entry, "summary");
  add(summary, "code", `${method} ${path}`);
  const colour = body?.error === "not_signed_in" ? "usual" : "bad";
  add(summary, "span", status || "no answer", ok ? "status" : `status ${colour}`);
  add(summary, "span", ok ? meaning(body) : `${body.error}: ${body.message}`, "said");
  const bodies = add(entry, "div", "", "body");
  add(bodies, "h3", "Sent");
  add(bodies, "pre", content === undefined ? "no body" : shown(content));
  add(bodies, "h3", "Answered");
  add(bodies, "pre", body === undefined ? "no body" : shown(body));
  remember(entry);
}

/** What happened in the browser, without a request. */
function note(what, details) {
  const entry = document.createElement("details");
  add(add(entry, "summary"), "span", what);
  add(add(entry, "div", "", "body"), "pre", details);
  remember(entry);
}

function remember(entry) {
  add(byId("exchanges"), "li").append(entry);
  const list = byId("exchanges").parentElement;
  list.scrollTop = list.scrollHeight;
}

function meaning(body) {
  if (body === undefined) return "done";
  if (body.nonce) return `a challenge for ${body.recipient}, good until ${clock(body.expiresAt)}`;
  if (body.createdAt) return `signed in as ${body.accountId}`;
  if (body.authorization) return "the wallet’s authorization of the challenge";
  if (body.accountId) return `a session for ${body.accountId}, in a cookie`;
  if (body.height) return `from block ${body.height}`;
  return "done";
}

// The 32 numbers of a nonce stay on one line.
const shown = (content) => JSON.stringify(content, null, 2).replace(/\[[\d\s,]+\]/g, (list) => list.replace(/\s+/g, " "));

// ---- What the user sees of it ----

function show(state) {
  byId("signed-out").hidden = state !== "signed-out";
  byId("signed-in").hidden = state !== "signed-in";
}

/** Says what is going on, and which step of the login that is. */
function progress(words, step) {
  byId("progress").textContent = words;
  for (const [index, item] of [...byId("steps").children].entries()) {
    item.className = index < step ? "done" : "";
    item.ariaCurrent = index === step ? "step" : null;
  }
}

function clearOutcome() {
  progress("");
  unjudged = undefined;
  byId("refusal").hidden = true;
  byId("steps").hidden = false;
}

function refused({ status, body }, proof) {
  progress("");
  const couldNotAsk = status === 503 && body.error !== "start_over";
  unjudged = couldNotAsk ? proof : undefined;
  const panel = byId("refusal");
  panel.querySelector("h3").textContent = couldNotAsk ? "Could not find out" : "Not signed in";
  panel.querySelector(".reason").textContent = sentence(body.message);
  panel.querySelector(".next").textContent = whatNext(body.error);
  panel.querySelector("dl").replaceChildren();
  const facts = { Code: body.error, Status: status || undefined, Request: body.requestId };
  for (const [name, value] of Object.entries(facts).filter(([, value]) => value !== undefined)) {
    const fact = add(panel.querySelector("dl"), "div");
    add(fact, "dt", name);
    add(add(fact, "dd"), "code", value);
  }
  byId("send-again").hidden = unjudged === undefined;
  byId("steps").hidden = true;
  panel.hidden = false;
}

/** What to do on this page, where the server's own sentence does not say it. */
function whatNext(code) {
  const steps = {
    key_not_full_access: "This is right: apps hold such keys. Choose an account with full access.",
    key_not_found: "Add the key back under “Devnet”, wait until it is final, and sign in again.",
    account_not_found: "Choose another account, or start the server anew to have this one back.",
    chain_unavailable: "The challenge is not used up. Send the same proof again while it is good.",
    store_unavailable: "Nothing is lost: try the same again in a moment.",
    browser_unknown: "Allow cookies for this page, then sign in again.",
    unreachable: "Is siwn dev still running? Start it again and reload this page.",
    internal: "The server's log has the cause, under the request id below.",
  };
  return steps[code] ?? "Try again: the server gives a new challenge each time.";
}

const inOneLine = ({ message, error, requestId }) =>
  `${sentence(message)} ${whatNext(error)} (${[error, requestId].filter(Boolean).join(", ")})`;

const sentence = (message) => `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;

function showAccounts() {
  byId("accounts").replaceChildren(...accounts.map((account, index) => {
    const label = document.createElement("label");
    label.className = "account";
    const choice = add(label, "input");
    Object.assign(choice, { type: "radio", name: "account", value: index, checked: account === chosen });
    choice.addEventListener("change", () => choose(account));
    const who = add(label, "span", "", "who");
    add(who, "b", account.accountId);
    add(who, "code", account.publicKey ? brief(account.publicKey) : "NEP-641");
    add(label, "span", account.what, "access");
    return label;
  }));
}

function choose(account) {
  chosen = account;
  clearOutcome();
  byId("command").textContent = account.privateKey
    ? `SIWN_PRIVATE_KEY=${account.privateKey} \\\n  siwn login ${location.origin} --account ${account.accountId}`
    : `# ${account.accountId} is a contract: its wallet is on this page only`;
  showAccount(account);
}

/** What a page of another port needs: it is allowed here, and only here. */
const frontEnd = () => `import { signIn } from "${location.origin}/api/auth/client.js";

// To the login page and back…
location.href = "${location.origin}/login?return_to=" + encodeURIComponent(location.href);
// …or with a wallet of your own.
await signIn(wallet);`;

function time(id, iso) {
  const when = new Date(iso);
  byId(id).dateTime = iso;
  byId(id).textContent = when.toDateString() === new Date().toDateString()
    ? `today at ${clock(iso)}`
    : when.toLocaleString(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

const clock = (iso) => new Date(iso).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** A key as it is, but for those that fill a page. */
const short = (key) => (key.length > 200 ? brief(key) : key);

const brief = (key) => `${key.slice(0, 14)}…${key.slice(-6)}`;

function add(parent, name, content = "", className = "") {
  const element = document.createElement(name);
  element.textContent = content;
  element.className = className;
  parent.append(element);
  return element;
}

// ---- How the test wallets behave ----

function showManners() {
  byId("manner-groups").replaceChildren(...GROUPS.map(({ title, manners }) => {
    const group = document.createElement("fieldset");
    add(group, "legend", title);
    for (const { id, title, plays, see } of manners) {
      const label = add(group, "label", "", "manner");
      const choice = add(label, "input");
      Object.assign(choice, { type: "radio", name: "manner", value: id, checked: id === chosenManner().id });
      choice.addEventListener("change", () => (chooseManner(id), showManner()));
      const what = add(label, "span", "", "what");
      add(what, "b", title);
      add(what, "span", plays);
      add(what, "span", see, "see");
    }
    return group;
  }));
  // Where there is little room the list is long.
  byId("manners").open = matchMedia("(min-width: 56rem)").matches;
  byId("manner-now").parentElement.addEventListener("click", () => (byId("manners").open = true));
  showManner();
}

function showManner() {
  const { title } = chosenManner();
  byId("manner-now").textContent = byId("manner-chosen").textContent = title;
}

const isInstalled = () => document.cookie.split("; ").includes(INSTALLED);

function install(isWanted) {
  document.cookie = `${INSTALLED.split("=")[0]}=${isWanted ? "installed" : "removed"}; path=/; max-age=31536000; samesite=lax`;
}

function showInstalled() {
  // Who looks for the first time finds it in the list; who has removed it does not.
  if (!document.cookie.includes(INSTALLED.split("=")[0])) install(true);
  byId("installed").checked = isInstalled();
  byId("installed").addEventListener("change", ({ target }) => install(target.checked));
}

// ---- The page ----

/** One run at a time. The button stays enabled meanwhile: a disabled one would lose the keyboard's focus. */
function onClick(id, work) {
  const button = byId(id);
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    await work();
    button.ariaBusy = "false";
  });
}

async function copy(button) {
  const source = byId(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1_500);
  } catch {
    getSelection().selectAllChildren(source);
  }
}

/** Whether this browser keeps cookies of this page: it is tried, for what browsers that block them say of it differs. */
function keepsCookies() {
  try {
    document.cookie = "siwn-kept=yes; SameSite=Strict; Max-Age=60";
    const isKept = document.cookie.includes("siwn-kept=yes");
    document.cookie = "siwn-kept=; SameSite=Strict; Max-Age=0";
    return isKept;
  } catch {
    return false;
  }
}

async function start() {
  if (!keepsCookies()) {
    show("signed-out");
    return progress("This browser blocks this page's cookies, without which nobody is signed in. Allow them, then reload the page.");
  }
  const listed = await (await fetch("/_dev/accounts.json")).json();
  accounts = listed.accounts;
  byId("recipient").textContent = listed.recipient;
  byId("front-end").textContent = frontEnd();
  chosen = accounts[0];
  showAccounts();
  choose(chosen);
  showManners();
  showInstalled();
  watchDevnet(request, accounts, showSession);
  watchServer(showAhead);
  await showSession();
  const reason = await obstacle();
  if (reason !== undefined) return progress(reason);
  onClick("sign-in", signIn);
  byId("sign-in").disabled = false;
}

onClick("log-out", logOut);
onClick("send-again", () => verify(unjudged));
document.querySelectorAll("[data-copies]").forEach((button) => button.addEventListener("click", () => copy(button)));
otherTabs?.addEventListener("message", showSession);
await start();
