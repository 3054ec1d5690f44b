// The test wallet as an extension: it makes itself known to pages that ask, and asks its owner in a window of its own. A browser that has
// it "installed" gets this script in the login page, before all others.
(() => {
  const manifest = {
    id: "test-installed",
    name: "Installed test wallet",
    version: "1",
    features: { signMessage: true, signInWithoutAddKey: true, signInAndSignMessage: true, testnet: true },
  };

  async function ask({ message, recipient, nonce }) {
    const wallet = new URL("/_dev/wallet", location.origin);
    const query = { message, recipient, nonce: btoa(String.fromCharCode(...nonce)), window: "1" };
    for (const [name, value] of Object.entries(query)) wallet.searchParams.set(name, value);
    const opened = open(wallet, "_blank", "width=480,height=760");
    if (!opened) throw new Error("The pop-up was blocked");
    const { error, ...signed } = await answerOf(opened);
    opened.close();
    if (error) throw new Error(error);
    return signed;
  }

  /** What the window answers, or that it was closed. */
  function answerOf(opened) {
    return new Promise((resolve) => {
      const look = setInterval(() => opened.closed && done({ error: "User closed the window" }), 100);
      const hear = ({ source, origin, data }) => source === opened && origin === location.origin && data?.testWallet && done(data.testWallet);
      const done = (answer) => {
        clearInterval(look);
        removeEventListener("message", hear);
        resolve(answer);
      };
      addEventListener("message", hear);
    });
  }

  const wallet = {
    manifest,
    signIn: async () => [{ accountId: "alice.test.near" }],
    signOut: async () => {},
    getAccounts: async () => [],
    signMessage: ask,
    signInAndSignMessage: async ({ messageParams }) => {
      const signedMessage = await ask(messageParams);
      return [{ accountId: signedMessage.accountId, publicKey: "", signedMessage }];
    },
  };
  addEventListener("near-selector-ready", () => dispatchEvent(new CustomEvent("near-wallet-injected", { detail: wallet })));
})();
