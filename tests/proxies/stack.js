// All of it: a devnet, siwn with the configuration of deploy/, an application, and proxies in front.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dev, run } from "../npm/server.js";
import { Application } from "./application.js";
import { freePorts } from "../npm/ports.js";
import { adapted, caddy, nginx, sparingCaddy } from "./proxy.js";

export const PROXIES = { nginx, Caddy: caddy, "sparing Caddy": sparingCaddy };

export class Stack {
  proxies = {};

  /** With the proxies of these names, and with these settings of siwn beside those of the file. */
  static async start(names = Object.keys(PROXIES), settings = {}) {
    const stack = new Stack();
    try {
      await stack.#start(names, settings);
    } catch (error) {
      // What has started would keep the tests from ending.
      await stack.stop();
      throw error;
    }
    return stack;
  }

  async #start(names, settings) {
    this.folder = mkdtempSync(join(tmpdir(), "siwn-proxies-"));
    const files = join(this.folder, "files");
    mkdirSync(files);
    writeFileSync(join(files, "index.html"), "<!doctype html><title>Files</title><h1>Only some may see this</h1>");
    const [siwn, application, ...https] = await freePorts(2 + names.length);
    this.devnet = await dev();
    this.settings = { ...settings, SIWN_CONFIG: await this.#configuration(), SIWN_LISTEN: `127.0.0.1:${siwn}`, ...(await this.#network()) };
    [this.application] = await Promise.all([Application.at(application), this.startSiwn()]);
    for (const [index, name] of names.entries()) {
      this.proxies[name] = PROXIES[name](this.folder, { https: https[index], siwn, application, files });
    }
    await Promise.all(Object.values(this.proxies).map((proxy) => proxy.ready()));
  }

  async startSiwn() {
    this.siwn = run(["serve"], this.settings);
    const url = `http://${this.settings.SIWN_LISTEN}/healthz`;
    await this.siwn.heard(() => fetch(url).then((answer) => answer.ok, () => false));
  }

  account(name) {
    return this.devnet.accounts.find(({ accountId }) => accountId === name);
  }

  /** Changes the devnet. */
  async change(method, path, body) {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${this.devnet.url}/_devnet/${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
  }

  async stop() {
    await Promise.all([...Object.values(this.proxies), this.application].map((one) => one?.stop()));
    const ended = await Promise.all([this.siwn?.stop(), this.devnet?.stop()]);
    rmSync(this.folder, { recursive: true });
    return ended;
  }

  async #configuration() {
    const file = join(this.folder, "siwn.toml");
    // Those who may see the files: an account of the devnet, and nobody else there.
    writeFileSync(file, adapted("behind-a-proxy.toml", { '"alice.near"': '"carol.test.near"', "sqlite:/var/lib/siwn/siwn.db": "memory:" }));
    return file;
  }

  async #network() {
    const { chainId } = await (await fetch(`${this.devnet.url}/_devnet/state`)).json();
    return { SIWN_NETWORK: chainId, SIWN_RPC: `http://127.0.0.1:${this.devnet.port}/_devnet/rpc`, SIWN_KEY_CACHE: "0s", SIWN_LOG: "info" };
  }
}
