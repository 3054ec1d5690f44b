// Wallets that run in a sandbox of this page, by way of the connector that is built beside the client. Another connector needs another
// module with the one function `connect`.
// @ts-check
import { asked } from "./installed.js";

/**
 * The wallets of the server's manifest. What they are asked with is loaded when somebody is about to choose one.
 * @typedef {{ id: string, name: string, features?: Record<string, boolean>, permissions?: { external?: string[], usb?: boolean }, extension?: boolean }} Entry
 * @param {{ connector?: string, network: string, manifest?: { wallets: Entry[] }, texts: Record<string, string> }} page
 * @returns {import("./installed.js").Asked[]}
 */
export function connectors({ connector, network, manifest, texts }) {
  if (!connector || !manifest) return [];
  /** @type {Promise<Map<string, any>> | undefined} */
  let loading;
  const load = () => (loading ??= import(connector).then(({ connect }) => connect({ network, manifest, cspNonce: nonce(), cancel: texts.cancel })));
  const find = async (/** @type {string} */ id) => {
    const found = (await load()).get(id);
    if (!found) throw new Error("the connector does not know this wallet");
    return found;
  };
  // Where a wallet is nothing but its extension, its script could only wait for it.
  const usable = manifest.wallets.filter((entry) => !entry.extension || hasExtension(entry));
  return usable.map((entry) => ({
    manifest: entry,
    isInstalled: hasExtension(entry),
    prepare: () => void find(entry.id).then((found) => found.prepare()).catch(() => {}),
    async sign(wish, approved, signal) {
      const { wallet, prepare, onBlocked } = await find(entry.id);
      await prepare();
      // Who has left by now is asked nothing.
      signal.throwIfAborted();
      onBlocked(approved);
      // A click that is long ago, or that a window was opened for, opens no other one: it would be blocked.
      if (!navigator.userActivation.isActive) await approved();
      return asked(wallet, network).sign(wish, approved, signal);
    },
    // Not by asking the wallet, which may open a window for it.
    forget: async () => (await find(entry.id)).forget(),
    leave: () => void loading?.then((found) => found.get(entry.id)?.leave()).catch(() => {}),
  }));
}

/** Whether one of the objects is here that the wallet's extension puts into pages. @param {Entry} entry */
const hasExtension = ({ permissions }) =>
  (permissions?.external ?? []).some((path) => path.split(".").reduce((/** @type {any} */ found, name) => found?.[name], globalThis) != null);

/** What this page's policy allows scripts by. Only scripts can read it here. */
const nonce = () => /** @type {HTMLScriptElement} */ (document.querySelector("script[nonce]")).nonce;
