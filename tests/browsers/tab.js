// What one does with a page, in any engine. Nothing waits for a time: each step waits until it can be done, or until it has happened.
import { setTimeout as pause } from "node:timers/promises";

const PATIENCE = 60_000;
const BETWEEN_LOOKS = 50;

export const ENTER = "\uE007";
export const TAB = "\uE004";
export const ESCAPE = "\uE00C";

/** Finds what people see and can use, by its name. Runs in the page. */
const FOUND = `((name) => {
  const nameOf = (one) => one.ariaLabel || one.querySelector("b")?.innerText || one.innerText;
  const isThere = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled;
  return [...document.querySelectorAll("button, a, summary")].find((one) => nameOf(one).trim() === name && isThere(one));
})`;

/** The element, if a click in its middle meets it. Runs in the page. */
const MET = `((one) => {
  if (!one) return null;
  one.scrollIntoView({ block: "center", behavior: "instant" });
  const { x, y, width, height } = one.getBoundingClientRect();
  return one.contains(document.elementFromPoint(x + width / 2, y + height / 2)) ? one : null;
})`;

/**
 * A tab, a window or a frame. An engine adds: `evaluate(script)`, the JSON of what it answers; `clickOn(script)`, a click of the mouse on
 * the element that it answers, if any; `goto`, `reload`, `back`, `keys`, `frames`, `windows`, `window`, `close`.
 */
export class Tab {
  /** Runs a function in the page with arguments that are JSON, and answers what it answers. */
  async run(work, ...args) {
    return JSON.parse(await this.evaluate(`(${work})(${args.map((arg) => JSON.stringify(arg)).join(", ")})`));
  }

  /** Waits until the attempt answers something. Pages that go away in between do not count. */
  async until(what, attempt) {
    const end = Date.now() + PATIENCE;
    let cause;
    while (Date.now() < end) {
      try {
        const found = await attempt();
        if (found) return found;
      } catch (error) {
        cause = error;
      }
      await pause(BETWEEN_LOOKS);
    }
    const page = await this.run(() => `${location.href}: ${document.body.innerText.slice(0, 1_000)}`).catch(String);
    throw new Error(`waited in vain for ${what} at ${page}`, { cause });
  }

  /** Waits until these words can be read. */
  see(words) {
    const { source } = new RegExp(words);
    return this.until(words, () => this.run((source) => new RegExp(source).test(document.body.innerText), source));
  }

  /** Waits until its address is like that. */
  at(address) {
    return this.until(address, async () => address.test(await this.run(() => location.href)));
  }

  /** Waits for something that can be used by this name. */
  offers(name) {
    return this.until(name, () => this.run(`(name) => ${FOUND}(name) !== undefined`, name));
  }

  /** Clicks on what has this name, once a click meets it. */
  click(name) {
    return this.until(name, () => this.clickIfThere(name));
  }

  /** Clicks on what has this name if a click meets it now, and answers whether it did. */
  clickIfThere(name) {
    return this.clickOn(`${MET}(${FOUND}(${JSON.stringify(name)}))`);
  }

  /** What the keyboard is at: the first line of it. */
  focused() {
    return this.run(() => document.activeElement.innerText.split("\n").find((line) => line.length > 1));
  }

  /** The frame in which these words can be read. */
  frame(words) {
    return this.until(`a frame with ${words}`, async () => {
      for (const frame of await this.frames()) {
        const text = await frame.run(() => document.body.innerText);
        if (words.test(text)) return frame;
      }
    });
  }
}
