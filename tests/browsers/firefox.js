// Firefox, by WebDriver BiDi, which it speaks by itself.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bidi } from "./bidi.js";
import { Program } from "./process.js";
import { Tab } from "./tab.js";

const BINARY = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

export const name = "Firefox";

/** Why it cannot be tried here, or nothing. */
export const obstacle = () => (existsSync(BINARY) ? undefined : `there is no ${BINARY}`);

const EVENTS = ["log.entryAdded", "network.fetchError", "browsingContext.contextCreated", "browsingContext.contextDestroyed"];

/** What people's browsers have, but for what asks the internet. */
const preferences = (proxy) => ({
  "network.proxy.type": 1,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": proxy,
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": proxy,
  // Those of automation let every window open.
  "remote.prefs.recommended": false,
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.aboutwelcome.enabled": false,
  "browser.newtabpage.enabled": false,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "termsofuse.bypassNotification": true,
  "toolkit.telemetry.server": "data:,",
});

/** @param {number} proxy the port of the proxy that it asks for everything but this machine */
export async function start(proxy) {
  const folder = mkdtempSync(join(tmpdir(), "siwn-firefox-"));
  const lines = Object.entries(preferences(proxy)).map((pair) => `user_pref(${pair.map((part) => JSON.stringify(part)).join(", ")});\n`);
  writeFileSync(join(folder, "user.js"), lines.join(""));
  const args = ["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", folder];
  const program = new Program(BINARY, args, { env: { HOME: folder, MOZ_CRASHREPORTER_DISABLE: "1" } });
  const url = await program.says(/WebDriver BiDi listening on (ws:\/\/\S+)/);
  const visits = new Map();
  const bidi = await Bidi.connect(`${url}/session`, (event) => heard(event, visits));
  const { capabilities } = await bidi.ask("session.new", { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
  await bidi.ask("session.subscribe", { events: EVENTS });
  return {
    version: `Firefox ${capabilities.browserVersion}`,
    async enter() {
      const { userContext } = await bidi.ask("browser.createUserContext");
      const visit = new Visit(bidi, userContext);
      visits.set(userContext, visit);
      return visit;
    },
    async stop() {
      await bidi.ask("browser.close");
      await program.ended();
      rmSync(folder, { recursive: true, maxRetries: 5 });
    },
  };
}

function heard({ method, params }, visits) {
  if (method === "browsingContext.contextCreated") return visits.get(params.userContext)?.contexts.set(params.context, params);
  const context = params.context ?? params.source?.context;
  const visit = [...visits.values()].find(({ contexts }) => contexts.has(context));
  if (method === "browsingContext.contextDestroyed") visit?.contexts.delete(context);
  else if (method === "log.entryAdded" && ["error", "warn"].includes(params.level)) visit?.faults.push(`${params.type} ${params.text}`);
  // What a reload or another page broke off is no fault.
  else if (method === "network.fetchError" && params.errorText !== "NS_BINDING_ABORTED") visit?.faults.push(`failed ${params.request.url} ${params.errorText}`);
}

/** A browser with cookies of its own, as far as any server can tell. */
class Visit {
  /** Its tabs, windows and frames. */
  contexts = new Map();
  /** Errors, warnings, and requests that failed. */
  faults = [];
  #bidi;
  #user;

  constructor(bidi, user) {
    [this.#bidi, this.#user] = [bidi, user];
  }

  async tab() {
    const { context } = await this.#bidi.ask("browsingContext.create", { type: "tab", userContext: this.#user });
    return new Page(this, this.#bidi, context);
  }

  async leave() {
    await this.#bidi.ask("browser.removeUserContext", { userContext: this.#user });
  }
}

class Page extends Tab {
  #visit;
  #bidi;
  #context;

  constructor(visit, bidi, context) {
    super();
    [this.#visit, this.#bidi, this.#context] = [visit, bidi, context];
  }

  #ask(method, params) {
    return this.#bidi.ask(method, { context: this.#context, ...params });
  }

  goto(url) {
    return this.#ask("browsingContext.navigate", { url, wait: "interactive" });
  }

  reload() {
    return this.#ask("browsingContext.reload", { wait: "interactive" });
  }

  back() {
    return this.#ask("browsingContext.traverseHistory", { delta: -1 });
  }

  close() {
    return this.#ask("browsingContext.close");
  }

  async evaluate(script) {
    return (await this.#call(`async () => JSON.stringify(await (${script}) ?? null)`)).value;
  }

  async clickOn(script) {
    const { sharedId } = await this.#call(`() => ${script}`);
    if (!sharedId) return false;
    const origin = { type: "element", element: { sharedId } };
    await this.#act("pointer", [{ type: "pointerMove", x: 0, y: 0, origin }, { type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }]);
    return true;
  }

  async keys(...keys) {
    // Keys go to the tab in front, as people's do.
    let context = this.#context;
    for (let parent; (parent = this.#visit.contexts.get(context).parent); ) context = parent;
    await this.#bidi.ask("browsingContext.activate", { context });
    await this.#act("key", keys.flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]));
  }

  async frames() {
    const { contexts } = await this.#bidi.ask("browsingContext.getTree", { root: this.#context });
    return contexts[0].children.map(({ context }) => new Page(this.#visit, this.#bidi, context));
  }

  async windows() {
    return [...this.#visit.contexts.values()].filter(({ parent }) => !parent).map(({ context }) => context);
  }

  window(context) {
    return new Page(this.#visit, this.#bidi, context);
  }

  async #call(functionDeclaration) {
    const target = { context: this.#context };
    const { result, exceptionDetails } = await this.#bidi.ask("script.callFunction", { target, functionDeclaration, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result;
  }

  async #act(type, actions) {
    try {
      await this.#ask("input.performActions", { actions: [{ type, id: type, actions }] });
    } catch (error) {
      // What was clicked may have closed its window or its frame before the answer.
      if (!/no such frame|no longer exist/i.test(error.message)) throw error;
    }
  }
}
