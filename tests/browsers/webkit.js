// WebKit in the form that GTK's applications have, by W3C WebDriver, on a display of its own. It is not Safari, but its engine.
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../npm/ports.js";
import { Program } from "./process.js";
import { Tab } from "./tab.js";

const DRIVER = process.env.WEBKIT_DRIVER ?? "/usr/bin/WebKitWebDriver";
const DISPLAY = process.env.XVFB ?? "/usr/bin/Xvfb";
/** How WebDriver names an element. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

export const name = "WebKitGTK";

/** Why it cannot be tried here, or nothing. */
export function obstacle() {
  const missing = [DRIVER, DISPLAY].find((path) => !existsSync(path));
  return missing && `there is no ${missing}`;
}

/** @param {number} proxy the port of the proxy that it asks for everything but this machine */
export async function start(proxy) {
  const display = new Program(DISPLAY, ["-displayfd", "3", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"], { listensTo: 3 });
  const number = await display.says(/^(\d+)\n/);
  const port = await freePort();
  const driver = new Program(DRIVER, [`--port=${port}`], { env: { DISPLAY: `:${number}`, GDK_BACKEND: "x11" } });
  const ask = async (method, path, body = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...(method === "POST" && { body: JSON.stringify(body) }) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
  // It does not say when it is ready.
  while (!(await ask("GET", "/status").catch(() => undefined))) {
    if (driver.isOver) throw new Error(`it ended: ${driver.words}`);
    await pause(50);
  }
  const args = ["--automation", `--proxy=http://127.0.0.1:${proxy}`, "--ignore-host=localhost"];
  const alwaysMatch = { acceptInsecureCerts: true, "webkitgtk:browserOptions": { args } };
  const engine = {
    version: name,
    async enter() {
      const { sessionId, capabilities } = await ask("POST", "/session", { capabilities: { alwaysMatch } });
      engine.version = `${name} ${capabilities.browserVersion}`;
      return new Visit((method, path, body) => ask(method, `/session/${sessionId}${path}`, body));
    },
    async stop() {
      await driver.stop();
      await display.stop();
    },
  };
  return engine;
}

/** A browser with cookies of its own, as far as any server can tell. There is one at a time. */
class Visit {
  /** It does not tell what its console says. */
  faults = [];
  #hasTab = false;
  /** The window and the frame that it looks at. */
  #at;

  constructor(ask) {
    this.ask = ask;
  }

  async tab() {
    const { handle } = this.#hasTab ? await this.ask("POST", "/window/new", { type: "tab" }) : { handle: await this.ask("GET", "/window") };
    this.#hasTab = true;
    return new Page(this, handle);
  }

  leave() {
    return this.ask("DELETE", "");
  }

  /** Asks a window, or one of its frames. */
  async askIn({ handle, frame }, ...command) {
    if (this.#at?.handle !== handle || this.#at?.frame !== frame) {
      this.#at = undefined;
      await this.ask("POST", "/window", { handle });
      await this.ask("POST", "/frame", { id: null });
      if (frame) await this.ask("POST", "/frame", { id: frame });
      this.#at = { handle, frame };
    }
    try {
      return await this.ask(...command);
    } catch (error) {
      this.#at = undefined;
      throw error;
    }
  }
}

class Page extends Tab {
  #visit;
  #place;

  constructor(visit, handle, frame) {
    super();
    [this.#visit, this.#place] = [visit, { handle, frame }];
  }

  #ask(...command) {
    return this.#visit.askIn(this.#place, ...command);
  }

  goto(url) {
    return this.#ask("POST", "/url", { url });
  }

  reload() {
    return this.#ask("POST", "/refresh");
  }

  back() {
    return this.#ask("POST", "/back");
  }

  close() {
    return this.#ask("DELETE", "/window");
  }

  evaluate(script) {
    return this.#ask("POST", "/execute/sync", { script: `return (async () => JSON.stringify(await (${script}) ?? null))()`, args: [] });
  }

  async clickOn(script) {
    const found = await this.#ask("POST", "/execute/sync", { script: `return ${script}`, args: [] });
    if (found) await this.#act(`/element/${found[ELEMENT]}/click`);
    return Boolean(found);
  }

  async keys(...keys) {
    const actions = keys.flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
    await this.#act("/actions", { actions: [{ type: "key", id: "key", actions }] });
  }

  async #act(path, body) {
    try {
      await this.#ask("POST", path, body);
    } catch (error) {
      // What was clicked may have closed its window or its frame before the answer.
      if (!/no such (window|frame)/.test(error.message)) throw error;
    }
  }

  async frames() {
    const found = await this.#ask("POST", "/elements", { using: "css selector", value: "iframe" });
    return found.map((frame) => new Page(this.#visit, this.#place.handle, frame));
  }

  windows() {
    return this.#visit.ask("GET", "/window/handles");
  }

  window(handle) {
    return new Page(this.#visit, handle);
  }
}
