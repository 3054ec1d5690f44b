import { sign } from "near-sign-verify";

const post = (path, body) =>
  fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export async function signIn(wallet) {
  const { message, nonce, recipient, state } = await (await post("/api/auth/initiate-login", {})).json();
  const authToken = await sign(message, { signer: wallet, recipient, nonce: new Uint8Array(nonce), state });
  const answer = await post("/api/auth/verify-login", { authToken });
  const { accountId, error } = await answer.json();
  if (!answer.ok) throw new Error(error);
  return accountId;
}
