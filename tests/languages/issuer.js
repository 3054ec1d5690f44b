// Stands in for siwn where its tokens are forged: it publishes keys, and signs whatever it is told to.
import { once } from "node:events";
import { createServer } from "node:http";
import { SignJWT, exportJWK, generateKeyPair } from "jose";

export const ACCOUNT = "alice.near";
export const AUDIENCE = "api.example";
export const NETWORK = "testnet";

export async function keyPair(kid) {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: "sig", alg: "ES256" } };
}

export class Issuer {
  keys = [];
  asked = 0;
  /** What it answers in place of the list. */
  trouble = null;

  static async start() {
    const issuer = new Issuer();
    issuer.server = createServer((request, response) => {
      issuer.asked += 1;
      const [status, body] = issuer.trouble ?? [200, JSON.stringify({ keys: issuer.keys.map(({ jwk }) => jwk) })];
      response.writeHead(request.url === "/.well-known/jwks.json" ? status : 404, { "Content-Type": "application/json" }).end(body);
    }).listen(0, "127.0.0.1");
    await once(issuer.server, "listening");
    issuer.url = `http://127.0.0.1:${issuer.server.address().port}`;
    return issuer;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** The claims of an access token, but for what is said otherwise. A claim that is undefined is left out. */
  claims(more = {}) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.url, aud: AUDIENCE, sub: ACCOUNT, client_id: "app.example", iat: now, exp: now + 300, jti: "a", network: NETWORK };
    return JSON.parse(JSON.stringify({ ...claims, ...more }));
  }

  /** A token of the first key that is published. */
  token({ header = {}, claims = {}, key = this.keys[0] } = {}) {
    const stated = { alg: "ES256", typ: "at+jwt", kid: key.kid, ...header };
    return new SignJWT(this.claims(claims)).setProtectedHeader(stated).sign(key.privateKey, { crit: { b64: true, "x-siwn": true } });
  }
}
