// The examples as processes: each answers `GET /me`.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { freePort } from "../npm/ports.js";

const LONGEST_START = 60_000;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const EXAMPLES = here("../../clients/examples");
const PYTHON = process.env.EXAMPLES_PYTHON ?? here("../../target/python/clients/examples/python/bin/python");

/** The examples that were compiled. */
const programs = {};

/** How each example is started; the clocks of all can be moved. */
const COMMANDS = {
  node: (kind) => [process.execPath, ["--import", here("clock.mjs"), `by-${kind}.js`]],
  python: (kind, port) => [PYTHON, [here("clock.py"), `by_${kind}`, String(port)]],
  go: (kind) => [(programs[kind] ??= built(kind)), []],
};

/** The example in Go, compiled with a clock that can be moved where it reads one. Nothing is kept: files of tests run side by side. */
function built(kind) {
  const folder = mkdtempSync(join(tmpdir(), "siwn-go-"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  copyFileSync(`${EXAMPLES}/go/go.mod`, join(folder, "go.mod"));
  copyFileSync(`${EXAMPLES}/go/by_${kind}/main.go`, join(folder, "main.go"));
  if (kind === "token") copyFileSync(here("clock.go"), join(folder, "clock.go"));
  const env = { PATH: process.env.PATH, GOCACHE: join(folder, "cache"), GOTOOLCHAIN: "local" };
  const { status, stderr } = spawnSync("go", ["build", "-o", "app", "."], { cwd: folder, env, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return join(folder, "app");
}

export const LANGUAGES = Object.keys(COMMANDS);

class App {
  #process;
  #words = "";
  #hearers = new Set();

  constructor(process) {
    this.#process = process;
    for (const stream of [process.stdout, process.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.#words += text;
        for (const hear of this.#hearers) hear();
      });
    }
  }

  heard(pattern) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`not heard in time: ${this.#words}`)), LONGEST_START);
      const end = (settle, value) => {
        clearTimeout(late);
        this.#hearers.delete(hear);
        settle(value);
      };
      const hear = () => pattern.test(this.#words) && end(resolve);
      this.#hearers.add(hear);
      this.#process.once("exit", (code) => end(reject, new Error(`ended with ${code}: ${this.#words}`)));
      hear();
    });
  }

  /** Lets its clocks go on. */
  async passTime(seconds) {
    this.ahead = (this.ahead ?? 0) + seconds;
    this.#process.stdin.write(`${seconds}\n`);
    await this.heard(new RegExp(`^${this.ahead} s ahead$`, "m"));
  }

  /** Status and account, or error, of `/me`. */
  async me(headers = {}, method = "GET") {
    // A connection of its own: one that is kept is closed when the clock goes on.
    const question = request(`${this.url}/me`, { method, headers, agent: false }).end();
    const [answer] = await once(question, "response");
    const body = JSON.parse(await text(answer));
    return [answer.statusCode, body.account ?? body.error ?? body.detail];
  }

  async stop() {
    const ended = this.#process.exitCode ?? this.#process.signalCode ?? once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }
}

/** The example of a language, `kind` token or session, with these variables. */
export async function start(language, kind, variables) {
  const port = await freePort();
  const [command, args] = COMMANDS[language](kind, port);
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, PORT: String(port), PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1", ...variables };
  const app = new App(spawn(command, args, { cwd: `${EXAMPLES}/${language}`, env, stdio: "pipe" }));
  app.url = `http://127.0.0.1:${port}`;
  await app.heard(/listening on|running on/);
  return app;
}
