// The examples as processes: each answers `GET /me`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const LONGEST_START = 60_000;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const EXAMPLES = here("../../clients/examples");
const PYTHON = process.env.EXAMPLES_PYTHON ?? here("../../target/python/clients/examples/python/bin/python");

/** How each example is started; the clocks of all can be moved. */
const COMMANDS = {
  node: (kind) => [process.execPath, ["--import", here("clock.mjs"), `by-${kind}.js`]],
  python: (kind, port) => [PYTHON, [here("clock.py"), `by_${kind}`, String(port)]],
};

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
    const answer = await fetch(`${this.url}/me`, { method, headers });
    const body = await answer.json();
    return [answer.status, body.account ?? body.error ?? body.detail];
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

export async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  await once(listener, "close");
  return port;
}
