// Wallets that run in a sandbox of this page, by way of a connector that is built beside the client. Another connector needs another
// module of this one function.
// @ts-check

/**
 * @param {{ connector?: string, network: string, manifest?: { wallets: object[] } }} page
 * @returns {Promise<import("./installed.js").Asked[]>}
 */
export async function connectors({ connector, network, manifest }) {
  if (!connector || !manifest?.wallets.length) return [];
  const { connect } = await import(connector);
  const nonce = document.querySelector("script[nonce]");
  return connect({ network, manifest, cspNonce: /** @type {HTMLScriptElement} */ (nonce).nonce });
}
