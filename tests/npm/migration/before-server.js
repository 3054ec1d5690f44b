import { randomBytes } from "node:crypto";
import { verify } from "near-sign-verify";

const nonces = new Map(); // those that were given out, and when

export function nonce() {
  const nonce = randomBytes(32);
  nonces.set(nonce.toString("hex"), Date.now());
  return { nonce: [...nonce] };
}

export async function login({ authToken }) {
  const spend = (nonce) => {
    const key = Buffer.from(nonce).toString("hex");
    const given = nonces.get(key);
    nonces.delete(key);
    return given > Date.now() - 5 * 60_000;
  };
  const { accountId } = await verify(authToken, { expectedRecipient: "app.example", expectedMessage: "login", validateNonce: spend });
  return { accountId }; // and a session of one's own
}
