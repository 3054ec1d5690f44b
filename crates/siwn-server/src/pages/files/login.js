// The login page: a wallet is chosen, asked, and the server told what it answered. Every way in ends in one of four sections.
// @ts-check
import { connectors } from "./connectors.js";
import { installed, isBlocked } from "./installed.js";
import { commands, read } from "./paste.js";
import { Failure, ask, changed, element, filled, isJudged, isOpen, keepsCookies, pageOf, remembered, show, showFailure, underWay } from "./server.js";

/**
 * A way to sign, as it stands in the list.
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} name
 * @property {string} hint what happens when it is chosen
 * @property {string | undefined} [icon] a data: address
 * @property {boolean} [isInstalled]
 * @property {string} [url] where a website's wallet signs; the others are asked in this page
 * @property {import("./installed.js").Asked} [wallet]
 */

const LAST = "siwn last wallet";

const page = pageOf();
const { texts } = page;
/** How long the list waits for wallets that are installed, in milliseconds: it does not move afterwards. */
const INSTALLED_WITHIN = 150;

// Wallets are told this page's address: nothing but the page is left in it. A reload still knows where to go on to.
const returnTo = page.returnTo ?? history.state?.returnTo;
history.replaceState({ returnTo }, "", location.pathname + (page.lang ? `?lang=${page.lang}` : ""));

/** The login that is under way: how to leave it, and how to begin it anew. @type {AbortController | undefined} */
let leaving;
/** @type {() => void} */
let again = () => {};
/** Whose login it is, as people know him. */
let asked = "";
/** How far it is. @type {import("./server.js").Stage} */
let stage = "begin";

// ---- Ways in ----

/** Runs a login, and shows how it ended. @param {string} name @param {() => void} anew @param {(signal: AbortSignal) => Promise<void>} login */
async function run(name, anew, login) {
  again = anew;
  asked = name;
  leaving = new AbortController();
  const { signal } = leaving;
  element("working-title").textContent = filled(texts.working, { wallet: name });
  element("step-wallet").textContent = filled(texts.step_wallet, { wallet: name });
  element("one-more").textContent = filled(texts.one_more, { wallet: name });
  oneMore(false);
  step(0);
  show("working");
  try {
    await login(signal);
  } catch (error) {
    // Who left has seen that he did.
    if (!signal.aborted) fail(error);
  }
}

/** A wallet that is asked in this page. @param {Entry} entry */
function withWallet(entry) {
  const { wallet, name } = entry;
  if (!wallet) return;
  run(name, () => withWallet(entry), async (signal) => {
    const { signIn } = await import(page.client).catch(() => Promise.reject(new Failure("unreachable")));
    const steps = ["challenge", "wallet", "verify"];
    const signMessage = (/** @type {any} */ wish) => wallet.sign(wish, () => approved(signal), signal);
    const onStep = (/** @type {string} */ at) => step(steps.indexOf(at));
    // What a wallet has open is closed with its login, however that ends.
    signal.addEventListener("abort", wallet.leave);
    try {
      const session = await signIn({ wallet: { manifest: wallet.manifest, signMessage }, server: new URL("..", import.meta.url), signal, onStep });
      remember(entry);
      await wallet.forget();
      signedIn(session.accountId);
    } finally {
      wallet.leave();
    }
  });
}

/** A wallet's website: it sends the browser back to the callback page. @param {Entry} entry */
function atWebsite(entry) {
  const { url, name } = entry;
  if (!url) return;
  run(name, () => atWebsite(entry), async (signal) => {
    const { message, nonce, recipient, state, callbackUrl } = await ask("initiate-login", { redirect: true }, signal);
    const wallet = new URL(url);
    const query = { message, nonce: btoa(String.fromCharCode(...nonce)), recipient, callbackUrl, state };
    for (const [key, value] of Object.entries(query)) wallet.searchParams.set(key, value);
    underWay.keep(new URL(callbackUrl).searchParams.get("tx") ?? "", { returnTo, ...(page.lang && { lang: page.lang, texts: { ...texts, title: document.title } }) });
    remember(entry);
    step(1);
    location.assign(wallet);
  });
}

/** @type {import("./paste.js").Challenge | undefined} */
let toPaste;

/** The commands hold a challenge: a new one each time that they are shown. */
async function showCommands() {
  try {
    if (!toPaste) {
      toPaste = /** @type {import("./paste.js").Challenge} */ (await ask("initiate-login", {}));
      // What was pasted before is another challenge's.
      /** @type {HTMLTextAreaElement} */ (element("paste-output")).value = "";
    }
    for (const button of document.querySelectorAll("[data-copies]")) button.textContent = texts.copy;
    const { near, siwn } = commands(toPaste, accountToPaste());
    element("near-command").textContent = near;
    element("siwn-command").textContent = siwn;
  } catch (error) {
    stage = "begin";
    again = () => choose();
    fail(error);
  }
}

function withPasted() {
  const text = /** @type {HTMLTextAreaElement} */ (element("paste-output")).value;
  const found = read(text, accountToPaste());
  const problem = found ? "" : texts.paste_unreadable;
  element("paste-problem").textContent = problem;
  if (!found || !toPaste) return;
  const { nonce, state } = toPaste;
  const proof = "authToken" in found ? found : { ...found, nonce, state };
  // What was judged is signed anew.
  run(texts.paste, () => (toPaste ? withPasted() : choose()), async (signal) => {
    step(2);
    const session = await ask("verify-login", proof, signal);
    changed();
    signedIn(session.accountId);
  });
}

/** What a name is of, as far as it tells. */
function hintAtAccount() {
  const name = accountToPaste();
  const isName = name === "" || (/^[a-z0-9._-]{1,64}$/.test(name) && !/^[._-]|[._-]$|[._-]{2}/.test(name));
  const hint = /^0x[0-9a-f]{40}$/i.test(name) ? texts.help_ethereum : isName ? "" : texts.account_form;
  element("paste-hint").textContent = hint;
}

/** @param {Element} button */
async function copy(button) {
  const text = element(button.getAttribute("data-copies") ?? "").textContent ?? "";
  // Without a clipboard the text is marked, for the keyboard's own command.
  await navigator.clipboard?.writeText(text).then(
    () => (button.textContent = texts.copied),
    () => getSelection()?.selectAllChildren(element(button.getAttribute("data-copies") ?? "")),
  );
}

const accountToPaste = () => /** @type {HTMLInputElement} */ (element("paste-account")).value.trim();

// ---- How it goes, and how it ended ----

function step(/** @type {number} */ current) {
  stage = current === 2 ? "sent" : "begin";
  for (const [index, item] of [...element("steps").children].entries()) {
    item.className = index < current ? "done" : "";
    item.ariaCurrent = index === current ? "step" : null;
  }
  // The first one takes no time that is worth a word.
  element("progress").textContent = current === 0 ? "" : (element("steps").children[current]?.textContent ?? "");
}

function oneMore(/** @type {boolean} */ isWanted) {
  element("one-more").hidden = !isWanted;
  element("continue").hidden = !isWanted;
}

/** Waits for a click: browsers open a window for a wallet only right after one. Who has left clicks for another login. @param {AbortSignal} signal */
async function approved(signal) {
  if (signal.aborted) return new Promise(() => {});
  oneMore(true);
  element("continue").focus();
  await new Promise((clicked) => element("continue").addEventListener("click", clicked, { once: true, signal }));
  oneMore(false);
}

/** @param {any} error */
function fail(error) {
  const failure = new Failure(codeOf(error), error?.requestId, error?.reason);
  showFailure(page, failure, stage);
  const [resend, name, anew] = [error?.retry, asked, again];
  element("again").textContent = isOpen(failure.code, stage) ? texts.send_again : texts.again;
  element("again").onclick = () => (resend ? run(name, anew, async () => signedIn((await resend()).accountId)) : anew());
  element("other-wallet").hidden = stage === "sign_out";
  // A challenge that was pasted for is not asked for twice.
  if (isJudged(failure.code)) toPaste = undefined;
  show("failed");
}

/** @param {any} error */
function codeOf(error) {
  if (typeof error?.code !== "string") return "internal";
  return error.code === "wallet_failed" && isBlocked(error) ? "popup_blocked" : error.code;
}

/** @param {string} accountId */
function signedIn(accountId, { isNew = true } = {}) {
  toPaste = undefined;
  const goesOn = isNew && returnTo !== undefined;
  element("done-title").textContent = filled(texts.done, { account: accountId });
  element("leaving").hidden = !goesOn;
  element("done-buttons").hidden = goesOn;
  const on = /** @type {HTMLAnchorElement} */ (element("go-on"));
  on.hidden = returnTo === undefined;
  if (returnTo !== undefined) on.href = returnTo;
  show("done", { focus: isNew });
  if (goesOn) location.replace(returnTo);
}

function choose(notice = "") {
  leaving?.abort();
  show("choose");
  // Screen readers tell what is said in sight.
  element("notice").textContent = notice;
  if (element("paste").hasAttribute("open")) showCommands();
}

async function signOut() {
  try {
    await ask("logout", {});
    changed();
    choose(texts.signed_out);
  } catch (error) {
    again = signOut;
    stage = "sign_out";
    fail(error);
  }
}

// ---- The list ----

/** @param {Entry} entry */
function remember({ id }) {
  remembered(() => localStorage.setItem(LAST, id));
}

/** The last one first, then the installed ones. @param {Entry[]} entries */
function list(entries) {
  const last = remembered(() => localStorage.getItem(LAST));
  const rank = (/** @type {Entry} */ { id, isInstalled }) => (id === last ? 0 : isInstalled ? 1 : 2);
  const sorted = entries.toSorted((one, other) => rank(one) - rank(other));
  element("wallets").replaceChildren(...sorted.map((entry) => row(entry, entry.id === last)));
  const missing = page.client ? (entries.length === 0 ? filled(texts.no_wallets, { network: page.network }) : "") : texts.not_built;
  // Who comes back mostly takes the same again: it is there when he clicks.
  sorted.find(({ id }) => id === last)?.wallet?.prepare();
  element("missing").textContent = missing;
  element("missing").hidden = missing === "";
}

/** @param {Entry} entry @param {boolean} isLast */
function row(entry, isLast) {
  const item = document.createElement("li");
  const button = add(item, "button", "", "wallet");
  const { name, hint, icon, wallet } = entry;
  if (icon?.startsWith("data:image/")) Object.assign(add(button, "img"), { src: icon, alt: "" });
  else add(button, "span", name.slice(0, 1).toUpperCase(), "mark").ariaHidden = "true";
  const what = add(button, "span", "", "what");
  add(what, "b", name);
  add(what, "span", hint);
  if (isLast) add(button, "span", texts.last_used, "badge");
  button.addEventListener("click", () => (wallet ? withWallet(entry) : atWebsite(entry)));
  // What a wallet needs is there before the click, so that its window opens right after it.
  for (const event of ["pointerenter", "focus"]) button.addEventListener(event, () => wallet?.prepare(), { once: true });
  return item;
}

/** @param {Element} parent @param {string} name */
function add(parent, name, content = "", className = "") {
  const made = document.createElement(name);
  made.textContent = content;
  made.className = className;
  parent.append(made);
  return made;
}

/** @returns {Promise<Entry[]>} */
async function ways() {
  if (!page.client) return websites();
  const here = await installed(page.network, INSTALLED_WITHIN);
  const own = new Set(here.map(({ manifest }) => manifest.id));
  /** @returns {Entry} */
  const entry = (/** @type {import("./installed.js").Asked} */ wallet, /** @type {boolean} */ isInstalled) => {
    const { id, name, icon, permissions } = wallet.manifest;
    const hint = isInstalled ? texts.installed : permissions?.usb ? texts.by_device : texts.in_connector;
    return { id, name, icon, isInstalled, wallet, hint };
  };
  // A wallet with a website that comes back here needs no script and no window: it stands here once.
  const atHome = new Set(page.websites.map((/** @type {{ name: string }} */ { name }) => name));
  const others = connectors(page).filter(({ manifest: { id, name } }) => !own.has(id) && !atHome.has(name));
  return [...here.map((wallet) => entry(wallet, true)), ...others.map((wallet) => entry(wallet, wallet.isInstalled ?? false)), ...websites()];
}

/** @returns {Entry[]} */
const websites = () => page.websites.map((/** @type {{ id: string, name: string, url: string }} */ site) => ({ ...site, hint: texts.by_redirect }));

// ---- The page ----

async function start() {
  if (!keepsCookies()) return noCookies();
  // Who has no session is not asked which it is.
  const [entries, session] = await Promise.all([ways(), page.cookie ? ask("session").catch(() => undefined) : undefined]);
  list(entries);
  if (session) signedIn(session.accountId, { isNew: false });
  else show("choose", { focus: false });
  performance.mark("ready");
}

/** Nobody can be signed in here, which is said before anybody signs. */
function noCookies() {
  again = () => location.reload();
  fail(new Failure("browser_unknown"));
  element("other-wallet").hidden = true;
}

element("cancel").addEventListener("click", () => choose());
element("other-wallet").addEventListener("click", () => choose());
element("other-account").addEventListener("click", () => choose());
element("sign-out").addEventListener("click", signOut);
element("paste").addEventListener("toggle", () => element("paste").hasAttribute("open") && showCommands());
element("paste-account").addEventListener("input", showCommands);
element("paste-account").addEventListener("change", hintAtAccount);
for (const button of document.querySelectorAll("[data-copies]")) button.addEventListener("click", () => copy(button));
element("paste-form").addEventListener("submit", (event) => (event.preventDefault(), withPasted()));
// Back from a wallet's website by the browser's own button: the page is as it was left.
addEventListener("pageshow", ({ persisted }) => persisted && choose());
await start();
