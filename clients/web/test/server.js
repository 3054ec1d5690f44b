// The real server, and what its test accounts sign with.
import { after, before } from "node:test";
import { dev } from "../../../tests/npm/server.js";

/** `siwn dev` for a whole file of tests. */
export function server() {
  const running = {};
  before(async () => {
    const { url, accounts, stop } = await started();
    Object.assign(running, { url, accounts, stop, server: `${url}/api/auth` });
    running.alice = accounts.find(({ accountId }) => accountId === "alice.test.near");
    running.appKey = accounts.find(({ access }) => access === "functionCall");
    running.contract = accounts.find(({ access }) => access === "contract");
  });
  after(() => running.stop());
  return running;
}

async function started() {
  const server = await dev();
  return { url: server.url, accounts: server.accounts, stop: () => server.stop() };
}
