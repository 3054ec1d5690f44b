// People who sign in without a browser.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { sign } from "near-sign-verify";

/** The accounts of `siwn dev` with keys that near-sign-verify has, as it prints them. */
export async function accounts(siwn) {
  const lines = await siwn.heard((words) => {
    const found = [...words.matchAll(/^(\S+) (ed25519:\S+)$/gm)];
    return found.length > 1 && found;
  });
  return lines.map(([, name, privateKey]) => ({ name, privateKey }));
}

/** A login by near-sign-verify, as a browser keeps it: by the session's cookie. */
export async function byCookie(url, { name, privateKey }) {
  const post = (path, body) =>
    fetch(`${url}${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const { message, nonce, recipient, state } = await (await post("/api/auth/initiate-login", {})).json();
  const authToken = await sign(message, { signer: privateKey, accountId: name, recipient, nonce: new Uint8Array(nonce), state });
  const answer = await post("/api/auth/verify-login", { authToken });
  assert.equal(answer.status, 200, await answer.text());
  return { cookie: answer.headers.getSetCookie().find((line) => line.startsWith("siwn=")).split(";")[0] };
}

/** A login by `siwn login`, as a program keeps it: by the bearer token. */
export function byToken(url, { name, privateKey }) {
  const env = { PATH: process.env.PATH, SIWN_PRIVATE_KEY: privateKey };
  const { status, stdout, stderr } = spawnSync(process.env.SIWN_BIN, ["login", url, "--account", name], { encoding: "utf8", env });
  assert.equal(status, 0, stderr);
  return { authorization: `Bearer ${JSON.parse(stdout).token}` };
}
