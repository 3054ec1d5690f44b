// The test wallet as one that runs in a sandbox of the login page: it opens its window, and hands on what comes from there.
// The sandbox gives it `window.selector`.

const WALLET = new URL("/_dev/wallet", window.selector.location);

/** Asks in a window, which a click allows: where it is blocked, the sandbox asks for one. */
async function ask(wish) {
  const { message, recipient, nonce } = wish;
  const query = { message, recipient, nonce: btoa(String.fromCharCode(...nonce)), window: "1" };
  for (const [name, value] of Object.entries(query)) WALLET.searchParams.set(name, value);
  const answered = new Promise((resolve) => addEventListener("message", ({ data }) => data?.testWallet && resolve(data.testWallet)));
  const opened = window.selector.open(WALLET.href, "_blank", "width=480,height=720");
  if ((await opened.id()) === null) throw new Error("The pop-up was blocked");
  const closed = new Promise((resolve) => {
    const look = setInterval(() => opened.closed && (clearInterval(look), resolve({ error: "User closed the window" })), 100);
  });
  const answer = await Promise.race([answered, closed]);
  await opened.close();
  if (answer.error) throw new Error(answer.error);
  return answer;
}

window.selector.ready({
  signIn: async () => [{ accountId: "alice.test.near" }],
  signOut: async () => {},
  getAccounts: async () => [],
  signMessage: ask,
  signInAndSignMessage: async ({ messageParams }) => {
    await window.selector.storage.set("signed", "yes");
    const signedMessage = await ask(messageParams);
    return [{ accountId: signedMessage.accountId, publicKey: "", signedMessage }];
  },
});
