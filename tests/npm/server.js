// Starts servers of the binary named by SIWN_BIN, and stops them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "./ports.js";

const binary = process.env.SIWN_BIN;
assert.ok(binary, "SIWN_BIN names the binary to test");

const LONGEST_START = 30_000;

/** A server that runs: its address, its process id, and how to end it. */
class Server {
  #process;
  #ended;

  constructor(process) {
    this.#process = process;
    this.#ended = once(process, "exit").then(([code, signal]) => code ?? signal);
    this.words = "";
    for (const stream of [process.stdout, process.stderr]) stream.setEncoding("utf8").on("data", (text) => (this.words += text));
  }

  get pid() {
    return this.#process.pid;
  }

  /** Ends it as an operator does, and answers the exit code. */
  stop() {
    this.#process.kill("SIGTERM");
    return this.#ended;
  }

  /** Ends it as a power failure does. */
  kill() {
    this.#process.kill("SIGKILL");
    return this.#ended;
  }

  /** Answers what `attempt` makes of the server's words, as soon as it makes something of them. */
  heard(attempt) {
    return new Promise((resolve, reject) => {
      const listen = async () => {
        try {
          const found = await attempt(this.words);
          if (found) resolve(found);
        } catch (error) {
          reject(error);
        }
      };
      for (const stream of [this.#process.stdout, this.#process.stderr]) stream.on("data", listen);
      this.#ended.then((how) => reject(new Error(`ended with ${how}: ${this.words}`)));
      setTimeout(() => reject(new Error(`not heard in time: ${this.words}`)), LONGEST_START).unref();
      listen();
    });
  }
}

/** The binary with these arguments and nothing else in its environment. */
export function run(args, env) {
  return new Server(spawn(binary, args, { env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] }));
}

/** `siwn dev` on a free port; `url` and `accounts` are what it says of itself. */
export async function dev(...more) {
  const server = run(["dev", "--listen", "127.0.0.1:0", ...more], {});
  server.url = await server.heard((words) => words.match(/http:\/\/localhost:\d+/)?.[0]);
  server.port = Number(new URL(server.url).port);
  server.accounts = (await (await fetch(`${server.url}/_dev/accounts.json`)).json()).accounts;
  return server;
}

/** `siwn serve` with these `SIWN_` variables on a free port, once it answers. */
export async function serve(settings) {
  const port = await freePort();
  const server = run(["serve"], { SIWN_LISTEN: `127.0.0.1:${port}`, SIWN_LOG: "info", ...settings });
  server.url = `http://localhost:${port}`;
  await server.heard(() => fetch(`${server.url}/healthz`).then((answer) => answer.ok, () => false));
  return server;
}
