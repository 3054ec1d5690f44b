// Programs that run beside a test.
import { spawn } from "node:child_process";
import { once } from "node:events";

export class Program {
  #process;
  #ended;

  /** @param {number} listensTo which of its outputs is read: 2 is that of errors, 3 one of its own */
  constructor(path, args, { listensTo = 2, env = {} } = {}) {
    const stdio = ["ignore", "ignore", "ignore"];
    stdio[listensTo] = "pipe";
    this.#process = spawn(path, args, { stdio, env: { ...process.env, ...env } });
    this.#ended = once(this.#process, "exit");
    // Also where the tests end before their time.
    const end = () => this.#process.kill("SIGKILL");
    process.once("exit", end);
    this.#ended.then(() => process.off("exit", end), () => {});
    this.words = "";
    this.output = this.#process.stdio[listensTo].setEncoding("utf8").on("data", (text) => (this.words += text));
  }

  /** What it says, as soon as it says what is waited for. */
  says(words) {
    return new Promise((resolve, reject) => {
      const listen = () => {
        const [, found] = this.words.match(words) ?? [];
        if (found) resolve(found);
      };
      this.output.on("data", listen);
      this.#ended.then(() => reject(new Error(`it ended: ${this.words}`)), reject);
      listen();
    });
  }

  get isOver() {
    return this.#process.exitCode !== null;
  }

  ended() {
    return this.#ended;
  }

  async stop() {
    this.#process.kill();
    await this.#ended;
  }
}
