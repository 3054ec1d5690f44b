// Runs the binary named by SIWN_BIN.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { webcrypto } from "node:crypto";

// Node 18 keeps it in a module; the package looks for it here.
globalThis.crypto ??= webcrypto;

const binary = process.env.SIWN_BIN;
assert.ok(binary, "SIWN_BIN names the binary to test");

/** Runs `siwn` and returns its exit code and what it wrote. */
export function siwn(args, { key, input } = {}) {
  const env = { PATH: process.env.PATH, ...(key && { SIWN_PRIVATE_KEY: key }) };
  const { status, stdout, stderr, error } = spawnSync(binary, args, { encoding: "utf8", env, input });
  assert.equal(error, undefined);
  return { status, stdout, stderr };
}

/** The JSON that `siwn` writes when it exits with 0. */
export function json(args, options) {
  const { status, stdout, stderr } = siwn(args, options);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** A new key pair of `siwn keygen`. */
export function keygen() {
  const { account_id: accountId, public_key: publicKey, private_key: privateKey } = json(["keygen"]);
  return { accountId, publicKey, privateKey };
}

export const ACCOUNT = "alice.near";
export const RECIPIENT = "app.example";

/** Names, and what is signed under them: each goes from here to there and back. */
export const CASES = [
  ["a plain message", { message: "Sign in to app.example" }],
  ["an empty message", { message: "" }],
  ["a message in many scripts", { message: "Grüße, 世界 🌍 \u202e مرحبا" }],
  ["a message with line breaks and a hyphen in front", { message: "-first\nsecond\r\n\tthird\n" }],
  ["a long message", { message: "x".repeat(10_000) }],
  ["a callback URL", { message: "login", callbackUrl: "https://app.example/cb?a=b#c" }],
  ["a state", { message: "login", state: "0123456789abcdefghijkl" }],
  ["a state in another script", { message: "login", state: "пароль" }],
  ["a callback URL and a state", { message: "login", callbackUrl: "my-app://done", state: "s" }],
  ["an empty callback URL and state, which are left out", { message: "login", callbackUrl: "", state: "" }],
  ["a recipient that is no host", { message: "login", recipient: "Ein Empfänger" }],
  ["a nonce of zeros", { message: "login", nonce: new Uint8Array(32) }],
  ["a nonce of all bytes", { message: "login", nonce: Uint8Array.from({ length: 32 }, (_, index) => 255 - index * 8) }],
];
