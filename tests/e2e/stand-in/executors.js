// Wallets that run in a sandbox of the login page, and the manifest that names them. Each plays one kind of them.
import { createHash } from "node:crypto";
import { body, javascript } from "../hosts.js";
import { signMessage } from "./sign.js";

const ORIGIN = "https://wallets.example";
const WEBSITE = "https://app.mynearwallet.com";

/**
 * Asks in windows of its website. `paths` says how: "twice", one after the other; with a "button" of its own, where one is blocked; with
 * its "frame" over the page meanwhile.
 */
const inWindows = (paths) => `
  const { selector } = window;

  async function ask(path, wish) {
    const address = new URL(path, "${WEBSITE}");
    if (wish) {
      const { message, recipient, nonce } = wish;
      const query = { message, recipient, nonce: btoa(String.fromCharCode(...nonce)), callbackUrl: selector.location };
      for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    }
    const answered = new Promise((resolve) => addEventListener("message", ({ data }) => data.signedRequest && resolve(data.signedRequest)));
    let opened = selector.open(address.href, "_blank", "width=480,height=720");
    if ((await opened.id()) === null) {
      console.info("its window was blocked");
      if (!${paths.includes("button")}) throw new Error("The pop-up was blocked");
      await selector.ui.whenApprove({ title: "Its window was blocked", button: "Open the wallet" });
      opened = selector.open(address.href, "_blank", "width=480,height=720");
    }
    const closed = new Promise((_, reject) => {
      const look = setInterval(() => opened.closed && (clearInterval(look), reject(new Error("User closed the window"))), 50);
    });
    const answer = await Promise.race([answered, closed]);
    await opened.close();
    // A refusal is a success in which nothing is signed.
    return { accountId: "", publicKey: "", signature: "", ...answer };
  }

  const signIn = async () => [await ask("/login/")];
  selector.ready({
    signIn,
    signMessage: (wish) => ask("/sign-message", wish),
    async signInAndSignMessage({ messageParams }) {
      await selector.storage.set("signed", "yes");
      if (${paths.includes("frame")}) await selector.ui.showIframe();
      let accounts = [{}];
      if (${paths.includes("twice")}) accounts = await signIn();
      const signedMessage = await ask("/sign-message", messageParams);
      return [{ accountId: "somebody.else", publicKey: "", ...accounts[0], signedMessage }];
    },
  });
`;

/** Asks in the sandbox itself, and signs there. */
const INSIDE = `
  const { selector } = window;
  selector.ready({
    signIn: async () => [{ accountId: "" }],
    async signInAndSignMessage({ messageParams }) {
      await selector.ui.whenApprove({ title: messageParams.message, button: "Approve" });
      const wish = { ...messageParams, nonce: Array.from(messageParams.nonce) };
      const signedMessage = await (await fetch("${ORIGIN}/sign", { method: "POST", body: JSON.stringify(wish) })).json();
      return [{ accountId: signedMessage.accountId, signedMessage }];
    },
  });
`;

const SILENT = `window.selector.ready({ signIn: () => new Promise(() => {}), signInAndSignMessage: () => new Promise(() => {}) });`;

const ONE_STEP = { signMessage: true, signInAndSignMessage: true };

const WALLETS = {
  inside: { name: "Inside", script: INSIDE, features: ONE_STEP },
  window: { name: "In a window", script: inWindows([]), features: ONE_STEP },
  "two-steps": { name: "In two steps", script: inWindows([]), features: { signMessage: true } },
  "two-windows": { name: "In two windows", script: inWindows(["twice", "button", "frame"]), features: ONE_STEP },
  blocked: { name: "In two windows without a button", script: inWindows(["twice"]), features: ONE_STEP },
  silent: { name: "Silent", script: SILENT, features: ONE_STEP },
};

/** The manifest that an operator writes: each script is held to its hash. `names` are those that are in it, and what they are called. */
export const manifest = (names = Object.fromEntries(Object.entries(WALLETS).map(([id, { name }]) => [id, name]))) => ({
  wallets: Object.entries(names).map(([id, name]) => [id, name, WALLETS[id]]).map(([id, name, { script, features }]) => ({
    id,
    name,
    icon: "",
    description: "",
    website: "",
    version: "1",
    type: "sandbox",
    executor: `${ORIGIN}/${id}.js`,
    integrity: `sha384-${createHash("sha384").update(script).digest("base64")}`,
    features,
    permissions: { storage: true, allowsOpen: [WEBSITE] },
  })),
});

/** The host of the scripts. The one that signs inside of the sandbox has its key here. */
export const executors = (account) => async (asked, answer) => {
  const { pathname } = new URL(asked.url, ORIGIN);
  if (pathname === "/sign") {
    answer.setHeader("access-control-allow-origin", "*");
    return answer.end(JSON.stringify(signMessage(account, JSON.parse(await body(asked)))));
  }
  const wallet = WALLETS[pathname.slice(1, -3)];
  if (wallet) javascript(answer, wallet.script);
  else answer.writeHead(404, { "access-control-allow-origin": "*" }).end();
};
