import { sign } from "near-sign-verify";

export async function signIn(wallet) {
  const { nonce } = await (await fetch("/nonce")).json();
  const authToken = await sign("login", { signer: wallet, recipient: "app.example", nonce: new Uint8Array(nonce) });
  const answer = await fetch("/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ authToken }) });
  if (!answer.ok) throw new Error("not signed in");
  return (await answer.json()).accountId;
}
