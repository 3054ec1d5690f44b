// Pictures of every state of the login page, for docs/screens.md, which is written too: `npm run screens`.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { heading, settled, wallet, windowOf } from "./login-page.js";
import { ALICE, LOGIN, SITE, open } from "./place.js";
import { install } from "./stand-in/installed.js";

const docs = new URL("../../docs/", import.meta.url);
const folder = new URL("screens/", docs);

const PHONE = { viewport: { width: 375, height: 700 } };
const DESKTOP = { viewport: { width: 760, height: 640 } };
const DARK = { colorScheme: "dark" };
// As people know them.
const WALLET = "Intear Wallet";
const NAMES = { inside: "Ledger", "two-steps": "HOT Wallet", window: "Meteor Wallet" };

/** Why somebody is not signed in, by the server's codes and by the client's, and what he is told. */
const REFUSALS = [
  ["signature_invalid", "The wallet signed something else"],
  ["key_not_full_access", "The key may only call contracts"],
  ["key_not_found", "The key is not the account's"],
  ["account_not_found", "The account is not there"],
  ["account_not_allowed", "The account is not admitted"],
  ["contract_refused", "The account's contract says no"],
  ["challenge_used", "Too late, or used already"],
  ["browser_unknown", "The browser sends no cookies"],
  ["proof_malformed", "The wallet's answer is none"],
  ["internal", "Anything else: with what to tell the operator"],
  ["chain_unavailable", "NEAR is out of reach: nothing is lost"],
];

const failed = (page) => page.locator("#failed").waitFor();
const choose = (page) => wallet(page, WALLET).click();
const problem = (error) => ({ status: error === "internal" ? 500 : 401, json: { success: false, error, message: "…", requestId: "q3Zb0nTQ1xkVQm5L" } });

/** What the server writes into the page, changed. */
const wrote = (changes) => (page, { server }) =>
  page.route("**/login", async (route) => {
    const answer = await fetch(`${server.url}/login`, { headers: { "accept-language": "en" } });
    const insert = (_, before, json, after) => before + JSON.stringify({ ...JSON.parse(json), ...changes }) + after;
    const body = (await answer.text()).replace(/(id="page">)([^]*?)(<\/script>)/, insert);
    await route.fulfill({ headers: Object.fromEntries(answer.headers), body });
  });

const silent = (page, path) => page.route(path, () => {});

/** Each state: a name, words, the window, and how one gets there from the page, or before it is opened. */
const STATES = [
  ["choose", "Choose a wallet", DESKTOP, {}],
  ["choose-phone", "The same on a phone", PHONE, {}],
  ["choose-dark", "The same in the dark", { ...PHONE, ...DARK }, {}],
  ["german", "In another language", PHONE, { locale: "de-DE" }],
  ["command-line", "Sign on the command line", PHONE, { go: commandLine }],
  ["waiting", "The wallet is asked", PHONE, { answers: "silence", go: async (page) => (await choose(page), page.locator("#step-wallet[aria-current]").waitFor()) }],
  ["sandbox", "A wallet in the sandbox", DESKTOP, { go: sandbox }],
  ["one-more", "A wallet that wants a second click", PHONE, { go: oneMore }],
  ["checking", "The server looks at the key", PHONE, { go: async (page) => (await silent(page, "**/verify-login"), await choose(page), await page.locator("#steps li:nth-child(3)[aria-current]").waitFor()) }],
  ["done", "Signed in", PHONE, { go: async (page) => (await choose(page), await heading(page, `Signed in as ${ALICE}`)) }],
  ["done-dark", "Signed in, in the dark", { ...DESKTOP, ...DARK }, { go: async (page) => (await choose(page), await heading(page, `Signed in as ${ALICE}`)) }],
  ["signed-out", "Signed out", PHONE, { go: signedOut }],
  ["cancelled", "The person said no: no fault", PHONE, { answers: "no", go: async (page) => (await choose(page), await failed(page)) }],
  ["popup-blocked", "The browser blocked the wallet's window", PHONE, { before: (page) => page.addInitScript(() => (globalThis.open = () => null)), go: blocked }],
  ...REFUSALS.map(([code, words]) => [
    code.replaceAll("_", "-"),
    words,
    code === "chain_unavailable" ? { ...PHONE, ...DARK } : PHONE,
    { go: async (page) => (await page.route("**/verify-login", (route) => route.fulfill(problem(code))), await choose(page), await failed(page)) },
  ]),
  ["unreachable", "The server does not answer", PHONE, { go: async (page) => (await page.route("**/initiate-login", (route) => route.abort("connectionrefused")), await choose(page), await failed(page)) }],
  ["no-wallets", "No wallet is set up for the network", PHONE, { installs: false, before: wrote({ websites: [], manifest: { wallets: [] } }) }],
  ["not-built", "A server that was built without Node", PHONE, { installs: false, before: wrote({ client: null, connector: null }) }],
  ["callback", "Back from a wallet's website", PHONE, { at: `${SITE}/api/auth/callback?tx=${"a".repeat(43)}#accountId=a&publicKey=b&signature=c&`, before: (page) => silent(page, "**/verify-login") }],
  ["callback-refused", "Back with a no", PHONE, { at: `${SITE}/api/auth/callback?tx=a#error=User%20rejected&`, go: failed }],
  ["late", "Its scripts do not come", PHONE, { before: (page) => page.route("**/paste.js", (route) => route.abort()), until: late }],
  ["no-javascript", "Without JavaScript", { ...PHONE, javaScriptEnabled: false }, { until: (page) => page.locator("noscript .panel").waitFor() }],
];

async function blocked(page) {
  await wallet(page, NAMES.window).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await failed(page);
}

async function commandLine(page) {
  await page.getByText("Sign on the command line").click();
  await page.getByLabel("Account", { exact: true }).fill("alice.near");
  await page.locator("#siwn-command").filter({ hasText: "alice.near" }).waitFor();
}

async function sandbox(page) {
  await wallet(page, NAMES.inside).click();
  await page.frameLocator("iframe").getByRole("button", { name: "Approve" }).waitFor();
  // It comes up from below.
  await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState === "finished"));
}

async function oneMore(page) {
  const window = await windowOf(page, NAMES["two-steps"]);
  await window.getByRole("button", { name: "Approve" }).click();
  await page.locator("#continue").waitFor();
}

/** What shows itself after a while does so now. */
async function late(page) {
  await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
  await page.locator("#choose .late").waitFor();
}

async function signedOut(page) {
  await choose(page);
  await heading(page, `Signed in as ${ALICE}`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
}

async function shoot(here, [name, , view, { locale = "en-GB", answers, installs = true, at = LOGIN, before, go, until = settled }]) {
  const visitor = await here.enter({ locale, deviceScaleFactor: 1.5, reducedMotion: "reduce", ...view });
  if (installs) await install(visitor, here.accounts[0], { name: WALLET, answers });
  const page = await visitor.context.newPage();
  await before?.(page, here);
  await page.goto(at);
  await until(page);
  await go?.(page);
  const { cssContentSize } = await (await visitor.context.newCDPSession(page)).send("Page.getLayoutMetrics");
  const session = await visitor.context.newCDPSession(page);
  const clip = { x: 0, y: 0, width: cssContentSize.width, height: cssContentSize.height, scale: 1 };
  // What lies over a page covers the part that is in sight.
  const whole = name !== "sandbox" && { clip, captureBeyondViewport: true };
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 60, ...whole });
  const picture = Buffer.from(data, "base64");
  writeFileSync(new URL(`${name}.webp`, folder), picture);
  await visitor.context.close();
  return picture.length;
}

/** The page that shows them, three in a row. */
function page(states) {
  const cell = ([name, words, { viewport, colorScheme }]) =>
    `<td valign="top" width="33%"><p>${words}</p><img src="screens/${name}.webp" width="${viewport.width > 500 ? 380 : 260}" alt="${words}${colorScheme ? ", dark" : ""}"></td>`;
  const rows = [];
  for (let start = 0; start < states.length; start += 3) rows.push(`<tr>\n${states.slice(start, start + 3).map(cell).join("\n")}\n</tr>`);
  return `# Every state of the login page

Made by \`npm run screens\` in \`tests/e2e\`, in a browser, with stand-ins of wallets. What the page can do is told in [web.md](web.md).

<table>
${rows.join("\n")}
</table>
`;
}

// Those that are named, or all of them and the page.
const named = process.argv.slice(2);
if (named.length === 0) rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const here = await open({}, NAMES);
const themed = await open({ SIWN_LOGIN_NAME: "Example Shop", SIWN_LOGIN_THEME: "accent=#7a1fa2,radius=4,font=serif" }, NAMES);
const theme = ["theme", "With a name, a colour and a font of one's own", DESKTOP, {}];
try {
  const states = [...STATES, theme].filter(([name]) => named.length === 0 || named.includes(name));
  let bytes = 0;
  for (const state of states) bytes += await shoot(state === theme ? themed : here, state);
  writeFileSync(new URL("screens.md", docs), page([...STATES, theme]));
  console.log(`${states.length} pictures, ${bytes} bytes`);
} finally {
  await themed.close();
  await here.close();
}
