// Wallets that are installed: extensions make themselves known to pages that ask.
// @ts-check

/**
 * A wallet that is asked in this page.
 * @typedef {object} Asked
 * @property {{ id: string, name: string, icon?: string, features?: Record<string, boolean>, permissions?: { usb?: boolean } }} manifest
 * @property {() => void} prepare gets whatever the wallet needs, before the click
 * @property {(wish: object, approved: () => Promise<void>, signal: AbortSignal) => Promise<unknown>} sign
 * @property {() => Promise<void>} forget ends what the wallet remembers of this page
 * @property {() => void} leave closes what the wallet has open
 * @property {boolean} [isInstalled]
 */

const LONGEST_GOODBYE = 1_000;

/**
 * The wallets that are installed, as far as they answer within so many milliseconds.
 * @param {string} network @param {number} within
 * @returns {Promise<Asked[]>}
 */
export async function installed(network, within) {
  /** @type {Map<string, Asked>} */
  const found = new Map();
  addEventListener("near-wallet-injected", (event) => {
    const wallet = /** @type {CustomEvent} */ (event).detail;
    const { id, name } = Object(wallet?.manifest);
    if (typeof id === "string" && typeof name === "string") found.set(id, onceMoreWhereBlocked(asked(wallet, network)));
  });
  dispatchEvent(new Event("near-selector-ready"));
  await new Promise((resolve) => setTimeout(resolve, within));
  return [...found.values()];
}

/**
 * A wallet with the methods that connectors and extensions share. One that cannot sign in and sign in one step needs a second click.
 * @param {any} wallet @param {string} network
 * @returns {Asked}
 */
export function asked(wallet, network) {
  const { manifest } = wallet;
  return {
    manifest,
    prepare: () => {},
    leave: () => {},
    async sign(messageParams, approved) {
      if (manifest.features?.signInAndSignMessage) return wallet.signInAndSignMessage({ network, messageParams });
      await wallet.signIn({ network });
      await approved();
      return wallet.signMessage({ ...messageParams, network });
    },
    // Whether a wallet forgets is its own affair, and nobody waits for it.
    forget: () => Promise.race([Promise.resolve(wallet.signOut?.({ network })), later()]).catch(() => {}),
  };
}

/**
 * The wallet, which is asked once more after another click where the browser has blocked its window: there are browsers that open windows
 * in a click itself only, and not after what a login has to wait for before it asks a wallet.
 * @param {Asked} wallet
 * @returns {Asked}
 */
const onceMoreWhereBlocked = (wallet) => ({
  ...wallet,
  async sign(wish, approved, signal) {
    try {
      return await wallet.sign(wish, approved, signal);
    } catch (error) {
      if (!isBlocked(error)) throw error;
      await approved();
      return wallet.sign(wish, approved, signal);
    }
  },
});

/** Whether a wallet says that the browser has blocked its window; not one that says that somebody has closed it. @param {any} error */
export function isBlocked(error) {
  const text = String(error?.message ?? error);
  return /pop-?up/i.test(text) && !/clos|cancel|reject|denied|declin/i.test(text);
}

const later = () => new Promise((resolve) => setTimeout(resolve, LONGEST_GOODBYE));
