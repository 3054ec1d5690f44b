// Everything that a login needs but the browser, as it is in real life: a server behind a proxy that speaks TLS, wallets' websites and
// hosts of scripts under their own names, a chain.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dev, serve } from "../npm/server.js";
import { hosts, html, proxyTo } from "./hosts.js";
import { executors, manifest } from "./stand-in/executors.js";
import { website } from "./stand-in/website.js";

export const ALICE = "alice.test.near";
export const BOB = "bob.test.near";
export const SITE = "https://login.example";
export const LOGIN = `${SITE}/login`;
/** A page of the application, which people come from and go back to. */
export const APP = `${SITE}/app`;
/** An address of another site that is configured. */
export const ELSEWHERE = "https://app.example/in?from=login";

const PLAIN_PAGE = '<!doctype html><html lang="en"><title>App</title><link rel="icon" href="data:,"><main><h1>App</h1></main>';

/**
 * @param {Record<string, string>} [settings] of the server, beside those that it needs
 * @param {Record<string, string>} [names] of the wallets in the sandbox, where it is not all of them
 * @param {object} [more] sites beside the others, and how the proxy in front of the server changes its headers
 */
export async function world(settings = {}, names = undefined, { sites = {}, changed = undefined } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "siwn-e2e-"));
  const wallets = join(folder, "wallets.json");
  writeFileSync(wallets, JSON.stringify(manifest(names)));
  const devnet = await dev();
  const { chainId } = await (await fetch(`${devnet.url}/_devnet/state`)).json();
  const server = await serve({
    SIWN_RECIPIENT: "login.example",
    SIWN_PUBLIC_URL: SITE,
    SIWN_NETWORK: chainId,
    SIWN_RPC: `http://127.0.0.1:${devnet.port}/_devnet/rpc`,
    SIWN_STORE: "memory:",
    SIWN_WALLETS: wallets,
    SIWN_WALLET_WEBSITES: "MyNearWallet=https://app.mynearwallet.com/sign-message",
    SIWN_RETURN_URLS: ELSEWHERE,
    // Every visitor comes from one address, that of the proxy.
    SIWN_INITIATE_LIMIT: "off",
    SIWN_VERIFY_LIMIT: "off",
    SIWN_ACCOUNT_LIMIT: "off",
    ...settings,
  });
  const accounts = devnet.accounts.filter(({ publicKey, privateKey }) => privateKey && publicKey.startsWith("ed25519:"));
  const wishes = [];
  const app = (_, answer) => html(answer, PLAIN_PAGE);
  const onward = proxyTo(new URL(server.url).port, changed);
  const net = await hosts({
    "login.example": (asked, answer) => (asked.url.startsWith("/app") ? app : onward)(asked, answer),
    "app.mynearwallet.com": website(accounts, wishes),
    "wallets.example": executors(accounts[0]),
    "app.example": app,
    "evil.example": app,
    ...sites,
  });
  return {
    devnet,
    server,
    accounts,
    /** What the wallet's website was asked, oldest first. */
    wishes,
    /** Where the names are. */
    net,
    /** Lets the chain fail in this way, or not any more. */
    fault: (body) =>
      fetch(`${devnet.url}/_devnet/fault`, {
        method: body ? "POST" : "DELETE",
        ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      }),
    async end() {
      net.stop();
      rmSync(folder, { recursive: true });
      assert.deepEqual([await server.stop(), await devnet.stop()], [0, 0]);
    },
  };
}
