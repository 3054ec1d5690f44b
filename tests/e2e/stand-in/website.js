// A wallet that is a website, as far as a browser and a server can tell: asked by a link, it sends the browser back with what it signed
// behind the #; in a window that somebody opened, it tells whoever that is.
import { readFileSync } from "node:fs";
import { body, html } from "../hosts.js";
import { base58, signMessage } from "./sign.js";

const PAGE = readFileSync(new URL("website.html", import.meta.url), "utf8");

/** How it answers: what it signs in place of what it was asked to, and what it makes of the answer. */
const MANNERS = {
  well: {},
  "no-state": { answered: () => ({ state: "" }) },
  base58: { answered: ({ signature }) => ({ signature: `ed25519:${base58(Buffer.from(signature, "base64"))}` }) },
  "another message": { signs: { message: "Sign in everywhere" } },
  "another callback": { signs: { callbackUrl: "https://evil.example/" } },
  "an error": { answered: () => ({ error: "Something went wrong", accountId: "", publicKey: "", signature: "", state: "" }) },
};

const nameOf = ({ accountId, what }) => `${accountId}, ${what}`;

/** The site with the keys of these accounts. `wishes` are the requests for a signature, with their headers. */
export function website(accounts, wishes) {
  return async (asked, answer) => {
    const { pathname, searchParams } = new URL(asked.url, "https://wallet");
    if (pathname === "/accounts.json") return answer.end(JSON.stringify({ accounts: accounts.map(nameOf), manners: Object.keys(MANNERS) }));
    if (pathname === "/sign") return answer.end(JSON.stringify(signed(accounts, JSON.parse(await body(asked)))));
    if (searchParams.has("message")) wishes.push({ ...Object.fromEntries(searchParams), headers: asked.headers });
    html(answer, PAGE);
  };
}

function signed(accounts, { account, manner, nonce, state = "", message, recipient, callbackUrl }) {
  const { signs, answered } = MANNERS[manner];
  const wish = { message, recipient, nonce: Buffer.from(nonce, "base64"), callbackUrl, ...signs };
  const answer = { ...signMessage(accounts.find((one) => nameOf(one) === account), wish), state };
  return { ...answer, ...answered?.(answer) };
}
