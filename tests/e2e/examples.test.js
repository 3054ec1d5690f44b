// The examples, built and used: applications on a port of their own.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { dev, serve } from "../npm/server.js";
import { NOBODY, Visitor, launch } from "./browser.js";
import { heading } from "./login-page.js";
import { install } from "./stand-in/installed.js";

const ALICE = "alice.test.near";
const examples = new URL("../../clients/web/examples/", import.meta.url);

let devnet;
let server;
let browser;
let app;
/** The files that the application's own server has, by their paths. */
let files;

before(async () => {
  app = createServer((asked, answer) => {
    const [type, text] = files[asked.url] ?? ["text/plain"];
    answer.writeHead(text ? 200 : 404, { "content-type": `${type}; charset=utf-8` }).end(text);
  }).listen(0, "localhost");
  [devnet, browser] = await Promise.all([dev(), launch(), once(app, "listening")]);
  app.url = `http://localhost:${app.address().port}`;
  const { chainId } = await (await fetch(`${devnet.url}/_devnet/state`)).json();
  server = await serve({
    SIWN_RECIPIENT: "localhost",
    SIWN_NETWORK: chainId,
    SIWN_RPC: `http://127.0.0.1:${devnet.port}/_devnet/rpc`,
    SIWN_STORE: "memory:",
    SIWN_ALLOWED_ORIGINS: app.url,
  });
});

after(async () => {
  await browser.close();
  app.close();
  assert.deepEqual([await server.stop(), await devnet.stop()], [0, 0]);
});

const read = (path) => readFileSync(new URL(path, examples), "utf8");

/** The files of the example in plain HTML, and of the one with React, built for this server. */
const EXAMPLES = {
  "plain HTML": () => ({ "/": ["text/html", read("plain-html/index.html").replaceAll("http://localhost:8080", server.url)] }),
  React() {
    const cwd = fileURLToPath(new URL("react", examples));
    execFileSync("npm", ["run", "--silent", "build"], { cwd, env: { ...process.env, SIWN: server.url }, stdio: ["ignore", "ignore", "pipe"] });
    return { "/": ["text/html", read("react/public/index.html")], "/app.js": ["text/javascript", read("react/public/app.js")] };
  },
};

/** How one signs in there: by an installed wallet, which with React is chosen in the connector's list first. */
const SIGNS_IN = {
  "plain HTML": (page) => page.getByRole("button", { name: "Sign in with An extension" }).click(),
  async React(page) {
    await page.getByRole("button", { name: "Choose a wallet" }).click();
    await page.getByText("An extension", { exact: true }).click();
    await page.getByRole("button", { name: "Sign in with An extension" }).click();
  },
};

async function visit(name, options) {
  files = EXAMPLES[name]();
  const visitor = await Visitor.enter(browser);
  const account = devnet.accounts.find(({ accountId }) => accountId === ALICE);
  await install(visitor, account, { features: { signMessage: true, testnet: true }, ...options });
  return { visitor, page: await visitor.open(app.url, (page) => heading(page, "Nobody is signed in")) };
}

for (const name of Object.keys(EXAMPLES)) {
  test(`${name}: signs in, tells the other tab, survives a reload, and signs out`, async () => {
    const { visitor, page } = await visit(name);
    const other = await visitor.open(app.url, (page) => heading(page, "Nobody is signed in"));
    await SIGNS_IN[name](page);
    for (const tab of [page, other]) await heading(tab, `Signed in as ${ALICE}`);
    await page.reload();
    await heading(page, `Signed in as ${ALICE}`);
    await page.getByRole("button", { name: "Sign out" }).click();
    for (const tab of [page, other]) await heading(tab, "Nobody is signed in");
    // Each of the two tabs asks at its beginning and when it hears of the end; who is nobody, says a refusal.
    await visitor.leave([NOBODY, NOBODY, NOBODY, NOBODY]);
  });

  test(`${name}: a no in the wallet is no fault`, async () => {
    const { visitor, page } = await visit(name, { answers: "no" });
    await SIGNS_IN[name](page);
    await page.waitForFunction(() => globalThis.calls.length === 1);
    assert.equal(await page.getByRole("alert").innerText(), "");
    await visitor.leave([NOBODY]);
  });
}
