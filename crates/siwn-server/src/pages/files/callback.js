// A wallet's website sends people back here, with its answer behind the #: read, removed, and sent to the server.
// @ts-check
import { Failure, ask, changed, element, isOpen, pageOf, show, showFailure, underWay } from "./server.js";

const answer = new URLSearchParams(location.hash.slice(1));
const tx = new URLSearchParams(location.search).get("tx") ?? "";
// Before anything else: nobody who looks at the address, now or in the history, finds a signature there.
history.replaceState(history.state, "", location.pathname);

const page = pageOf();
// A reload still knows it.
const { returnTo, lang, texts } = tx ? underWay.take(tx) : (history.state ?? {});
history.replaceState({ returnTo, lang, texts }, "");
const loginUrl = new URL(page.loginUrl, location.href);
if (lang && texts) speak(lang, texts);
if (returnTo) loginUrl.searchParams.set("return_to", returnTo);
/** @type {HTMLAnchorElement} */ (element("again")).href = loginUrl.href;

/** Says all in the language that was chosen before. @param {string} lang @param {Record<string, string>} texts */
function speak(lang, texts) {
  loginUrl.searchParams.set("lang", lang);
  page.texts = texts;
  document.documentElement.lang = lang;
  const said = { title: texts["title"], "working-title": texts["callback"], again: texts["again"], "send-again": texts["send_again"] };
  for (const [id, text] of Object.entries(said)) element(id).textContent = text ?? "";
  document.title = texts["title"] ?? "";
}

/** What the wallet answered, as the server takes it. Wallets that refuse leave out everything but the error. */
function proof() {
  const field = (/** @type {string} */ name) => answer.get(name) ?? "";
  const error = field("error");
  if (error) throw new Failure(/reject|cancel|denied|declined|closed/i.test(error) ? "cancelled" : "wallet_failed");
  const [accountId, publicKey, signature] = [field("accountId"), field("publicKey"), field("signature")];
  if (!tx || !accountId || !publicKey || !signature) throw new Failure("no_answer");
  // The nonce is in the address, for a wallet may drop the state; which of the two addresses it signed, the server tries.
  const nonce = tx.replaceAll("-", "+").replaceAll("_", "/") + "=";
  return { accountId, publicKey, signature, nonce, ...(answer.get("state") && { state: answer.get("state") }) };
}

async function finish() {
  show("working", { focus: false });
  try {
    await ask("verify-login", proof());
    changed();
    location.replace(returnTo ?? loginUrl.href);
  } catch (error) {
    const failure = error instanceof Failure ? error : new Failure("internal");
    showFailure(page, failure, "sent");
    element("again").hidden = isOpen(failure.code, "sent");
    element("send-again").hidden = !isOpen(failure.code, "sent");
    show("failed");
  }
}

element("send-again").addEventListener("click", finish);
await finish();
