// A wallet that is installed, as extensions are: it makes itself known to pages that ask.
import { signMessage } from "./sign.js";

/**
 * Installs it. `answers` says how it behaves: "well"; "no" and "nothing", two ways to refuse; "silence"; "held", which waits for
 * `release()` in the page; "blocked" and "always blocked", whose window the browser blocks, the first time or each time.
 */
export async function install(visitor, account, { name = "An extension", features = { signInAndSignMessage: true }, answers = "well" } = {}) {
  await visitor.context.exposeFunction("extensionSigns", (wish) => signMessage(account, wish));
  await visitor.context.addInitScript(
    ({ accountId, name, features, answers }) => {
      const calls = (globalThis.calls = []);
      const sign = async (wish) => {
        calls.push({ address: location.href, nonce: Array.isArray(wish.nonce) ? "numbers" : "bytes" });
        if (answers === "no") throw new Error("User rejected");
        if (answers === "nothing") return { accountId, publicKey: "", signature: "" };
        if (answers === "always blocked" || (answers === "blocked" && calls.length === 1)) throw new Error("The pop-up was blocked");
        if (answers === "silence") return new Promise(() => {});
        if (answers === "held" && calls.length === 1) await new Promise((released) => (globalThis.release = released));
        return globalThis.extensionSigns({ ...wish, nonce: Array.from(wish.nonce) });
      };
      const detail = {
        manifest: { id: "extension", name, features },
        signInAndSignMessage: async ({ messageParams }) => [{ accountId, publicKey: "", signedMessage: await sign(messageParams) }],
        signIn: async () => [{ accountId }],
        signMessage: sign,
        signOut: async () => void calls.push("signOut"),
      };
      addEventListener("near-selector-ready", () => dispatchEvent(new CustomEvent("near-wallet-injected", { detail })));
    },
    { accountId: account.accountId, name, features, answers },
  );
}

/** What it was asked in this page. */
export const calls = (page) => page.evaluate(() => globalThis.calls);
