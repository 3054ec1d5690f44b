// The login page, and a wallet's website, as people and tests see them.
import { Visitor } from "./browser.js";

const look = (page) => Visitor.of(page).look(page);

/** The page says in one of its sections what can be done. */
export async function settled(page) {
  await page.locator(".stack > section:not([hidden]):not(.waiting)").first().waitFor();
  await look(page);
}

export const wallet = (page, name) => page.locator("#wallets button").filter({ has: page.getByText(name, { exact: true }) });

export async function heading(page, text) {
  await page.getByRole("heading", { name: text, exact: true }).waitFor();
  await look(page);
}

export const doneAs = (page, account) => heading(page, `Signed in as ${account}`);

/** Waits for the failure, and answers what it says. */
export async function failure(page) {
  const section = page.locator("#failed");
  await section.waitFor({ state: "visible" });
  await look(page);
  return section.innerText();
}

/** How far things moved that nobody had asked to: the sum that browsers keep, without what follows a click. */
export const shifts = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const moved = (entries) => entries.filter(({ hadRecentInput }) => !hadRecentInput).reduce((sum, { value }) => sum + value, 0);
        let sum = 0;
        const observer = new PerformanceObserver((list) => (sum += moved(list.getEntries())));
        // Those before are handed over by themselves, as soon as the observer looks; those of the last picture one frame later.
        observer.observe({ type: "layout-shift", buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(sum + moved(observer.takeRecords())))));
      }),
  );

/** On a wallet's website: approves as this account, in this manner. */
export async function approve(page, account, manner = "well") {
  const button = page.getByRole("button", { name: "Approve" });
  await button.and(page.locator(":enabled")).waitFor();
  await page.getByLabel("Account").selectOption({ label: account.includes(",") ? account : `${account}, full access` });
  await page.getByLabel("Manner").selectOption(manner);
  await lastClick(page, button);
}

export const reject = (page) => lastClick(page, page.getByRole("button", { name: "Reject" }));

/** Clicks what may close its own window: on a busy machine that is gone before the click is answered. */
export const lastClick = (page, button) =>
  button.click().catch((error) => {
    if (!page.isClosed()) throw error;
  });

/**
 * Chooses a wallet, and answers the window that it opens. Each look at a page from here counts as a click in it, which a browser
 * remembers for seconds, and lets one window open for it: so there is none after the click itself.
 */
export async function windowOf(page, name) {
  const button = wallet(page, name);
  await button.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await button.boundingBox();
  const opened = page.waitForEvent("popup");
  await page.mouse.click(x + width / 2, y + height / 2);
  return opened;
}

/** Has the page itself tell when it asks for a click: to look would be one. */
export const tellsOfClicks = (visitor) =>
  visitor.context.addInitScript(() => {
    const tell = () => document.querySelector("#continue:not([hidden])") && console.info("asks for a click");
    new MutationObserver(tell).observe(document, { subtree: true, attributeFilter: ["hidden"] });
  });

/** Does this, after which the page asks for a click, and answers the window that the click opens. */
export async function windowAfterClick(page, work) {
  const asks = page.waitForEvent("console", (message) => message.text() === "asks for a click");
  await work();
  await asks;
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Continue" }).click();
  return opened;
}

/** Approves in the first of two windows; the browser blocks the second. The wallet's frame tells, for to look would be a click. */
export async function approveUntilBlocked(page, window, account) {
  const blocked = page.waitForEvent("console", (message) => message.text() === "its window was blocked");
  await approve(window, account);
  await blocked;
}

/** Who is signed in, asked from within the page. */
export const session = (page) => page.evaluate(() => fetch("/api/auth/session").then((answer) => answer.json()));
