// The login page, as people and tests see it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The page says in one of its sections what can be done. */
export const settled = (page) => page.locator(".stack > section:not([hidden]):not(.waiting)").first().waitFor();

export const wallet = (page, name) => page.locator("#wallets button").filter({ has: page.getByText(name, { exact: true }) });

export const heading = (page, text) => page.getByRole("heading", { name: text, exact: true }).waitFor();

export const doneAs = (page, account) => heading(page, `Signed in as ${account}`);

/** Waits for the failure, and answers what it says. */
export async function failure(page) {
  const section = page.locator("#failed");
  await section.waitFor({ state: "visible" });
  return section.innerText();
}

/** What a screen reader and a keyboard would stumble over: nothing. */
export async function isAccessible(page, state) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  assert.deepEqual(told, [], state);
}

/** How far things moved that nobody had asked to: the sum that browsers keep. */
export const shifts = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const observer = new PerformanceObserver(() => {});
        observer.observe({ type: "layout-shift", buffered: true });
        // Entries of what was painted are there one frame later.
        requestAnimationFrame(() =>
          requestAnimationFrame(() => resolve(observer.takeRecords().reduce((sum, { value }) => sum + value, 0))),
        );
      }),
  );

/** The test wallet's website: approves as this account, in this manner. */
export async function approve(page, account, manner = "well") {
  await page.getByRole("button", { name: "Approve" }).and(page.locator(":enabled")).waitFor();
  await page.locator("#account").selectOption({ label: await page.locator("#account option", { hasText: account }).first().innerText() });
  await page.locator("#manner").selectOption(manner);
  await page.getByRole("button", { name: "Approve" }).click();
}

export const reject = (page) => page.getByRole("button", { name: "Reject" }).click();
