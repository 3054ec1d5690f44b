// A browser that tells on the page. Whatever goes wrong without a word is gathered, and fails the test: what the policy blocked, errors
// and warnings of the console, requests that failed, what a screen reader would stumble over. Refusals by the server are told apart:
// each test says which it expects, and the browser's own line in the console is let through for these only.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

// Without these a headless browser asks for updates and other addresses that no test needs.
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Windows are blocked as people's browsers block them: without a click none opens. */
export function launch(args = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...QUIET, ...args],
    ignoreDefaultArgs: ["--disable-popup-blocking"],
  });
}

/** A browser with cookies of its own, in which any number of tabs is opened. */
export class Visitor {
  refusals = [];
  /** The console's lines on refusals. */
  #refusalsTold = [];
  #faults = [];
  #runsScripts;
  static #of = new WeakMap();

  static async enter(browser, options) {
    const visitor = new Visitor();
    visitor.#runsScripts = options?.javaScriptEnabled ?? true;
    visitor.context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    visitor.#watch();
    // Also those that a policy only reports, and those in frames.
    await visitor.context.addInitScript(() => {
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => console.error(`policy ${violatedDirective} ${blockedURI}`));
    });
    return visitor;
  }

  /** Whose tab it is. */
  static of(page) {
    return Visitor.#of.get(page);
  }

  /** Opens the page and waits until one can sign in on it or is signed in, or for something else. */
  async open(url, until = ready) {
    const page = await this.context.newPage();
    await page.goto(url);
    await until(page);
    return page;
  }

  /** Every tab and window, from its first moment on. */
  #watch() {
    const { context } = this;
    context.setDefaultTimeout(30_000);
    context.on("page", (page) => Visitor.#of.set(page, this));
    context.on("weberror", (error) => this.#faults.push(`error ${error.error()}`));
    context.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      const [, refused] = message.text().match(/^Failed to load resource: the server responded with a status of (\d+)/) ?? [];
      if (refused) this.#refusalsTold.push(`${refused} ${new URL(message.location().url).pathname}`);
      else this.#faults.push(`console ${message.text()}`);
    });
    context.on("response", (response) => {
      if (response.status() < 400) return;
      this.refusals.push(`${response.status()} ${new URL(response.url()).pathname}`);
    });
    context.on("requestfailed", (request) => {
      // What a reload or another page broke off: what is blocked or missing has other words.
      const isBrokenOff = request.failure().errorText === "net::ERR_ABORTED";
      if (!isBrokenOff) this.#faults.push(`failed ${request.url()} ${request.failure().errorText}`);
    });
  }

  /** Looks at the page with the eyes of a screen reader and of a keyboard. */
  async look(page) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run({ iframes: false }));
    for (const { id, nodes } of violations) this.#faults.push(`axe ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  }

  /** Ends the visit: these refusals there were, in this order, faults with these words, and nothing else went wrong. */
  async leave(expected = [], faults = []) {
    for (const page of this.context.pages()) if (page.url() !== "about:blank" && this.#runsScripts) await this.look(page);
    await this.context.close();
    const isExpected = (fault) => faults.some((words) => words.test(fault));
    assert.deepEqual(this.#faults.filter((fault) => !isExpected(fault)), []);
    for (const words of faults) assert.ok(this.#faults.some((fault) => words.test(fault)), `a fault with ${words}`);
    assert.deepEqual(this.refusals, expected);
    const left = [...expected];
    for (const told of this.#refusalsTold) {
      const at = left.indexOf(told);
      assert.notEqual(at, -1, `the console has one line more on ${told}`);
      left.splice(at, 1);
    }
  }
}

/** What a page meets in a browser that blocks its cookies; some say so by `navigator.cookieEnabled` besides. */
export function blocksCookies() {
  const get = () => {
    throw new DOMException("Access is denied for this document.", "SecurityError");
  };
  Object.defineProperty(document, "cookie", { get: () => "", set: () => {} });
  for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(globalThis, name, { get });
  globalThis.BroadcastChannel = function () {
    get();
  };
}

export const NOBODY = "401 /api/auth/session";
export const REFUSED = "401 /api/auth/verify-login";

export const ready = (page) =>
  page.locator("#signed-in:not([hidden]), #signed-out:not([hidden]) #sign-in:enabled").first().waitFor();

/** Chooses the account whose key has this access, and asks to sign in; the wallet's prompt is open then. */
export async function askToSignIn(page, accountId, access = "full access") {
  await page.getByRole("radio", { name: new RegExp(`^${accountId} .*${access}$`) }).check();
  await page.getByRole("button", { name: "Sign in with NEAR" }).click();
  const prompt = page.getByRole("dialog");
  await prompt.waitFor();
  return prompt;
}

export async function signIn(page, accountId, access) {
  const prompt = await askToSignIn(page, accountId, access);
  await prompt.getByRole("button", { name: "Approve" }).click();
}

export const signedInAs = (page, accountId) => page.getByRole("heading", { name: `Signed in as ${accountId}` }).waitFor();

export async function refusedBecause(page, code) {
  const refusal = page.getByRole("alert").filter({ has: page.getByText(code, { exact: true }) });
  await refusal.waitFor();
  return refusal.innerText();
}

export async function logOut(page) {
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: /^Sign in to/ }).waitFor();
}

/** A picture for whoever wants to look at it, in the folder named by SCREENSHOTS. */
export async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  // Behind a prompt only what is in sight is dimmed.
  const isPrompt = await page.getByRole("dialog").isVisible();
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: !isPrompt });
}
