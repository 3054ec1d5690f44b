// siwn and an application under one address, as the example's configuration of nginx has it.
import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";
import { dev, run } from "../npm/server.js";
import { Client } from "../proxies/client.js";
import { freePort } from "../npm/ports.js";
import { start } from "./apps.js";
import { Nginx } from "./nginx.js";

const ORIGIN = "https://app.example";

describe("under one address", () => {
  let devnet, siwn, app, nginx, alice;

  before(async () => {
    devnet = await dev();
    alice = devnet.accounts.find(({ accountId }) => accountId === "alice.test.near");
    const port = await freePort();
    siwn = run(["serve"], {
      SIWN_LISTEN: `127.0.0.1:${port}`,
      SIWN_RECIPIENT: "app.example",
      SIWN_PUBLIC_URL: ORIGIN,
      SIWN_TRUSTED_PROXIES: "127.0.0.1",
      SIWN_NETWORK: "siwn-devnet",
      SIWN_RPC: `${devnet.url}/_devnet/rpc`,
      SIWN_STORE: "memory:",
    });
    const url = `http://127.0.0.1:${port}`;
    await siwn.heard(() => fetch(`${url}/healthz`).then((answer) => answer.ok, () => false));
    app = await start("node", "session", { SIWN_URL: url, ORIGIN });
    nginx = await Nginx.start({ port: await freePort(), siwn: port, application: new URL(app.url).port });
  });
  after(async () => {
    for (const one of [nginx, app, siwn, devnet]) await one?.stop();
  });

  test("the application knows whom a browser signed in as, until the logout", async () => {
    const browser = new Client(nginx);
    const me = async (options) => {
      const { status, body } = await browser.send("/me", options);
      return [status, JSON.parse(body)];
    };
    assert.deepEqual(await me(), [401, { error: "not_signed_in" }]);
    assert.equal((await browser.signIn(alice)).status, 200);
    assert.ok(browser.cookies.has("__Host-siwn"));
    assert.deepEqual(await me(), [200, { account: "alice.test.near" }]);
    assert.deepEqual(await me({ method: "POST", lines: [`Origin: ${ORIGIN}`] }), [200, { account: "alice.test.near" }]);
    assert.deepEqual(await me({ method: "POST", lines: ["Origin: https://evil.example"] }), [401, { error: "not_signed_in" }]);
    await browser.logOut();
    assert.deepEqual(await me(), [401, { error: "not_signed_in" }]);
  });

  test("the login page is there, and what only proxies ask is not", async () => {
    const browser = new Client(nginx);
    assert.equal((await browser.send("/login?return_to=/me")).status, 200);
    assert.equal((await browser.send("/api/auth/forward")).status, 404);
  });
});
