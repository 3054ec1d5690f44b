// An API that takes siwn's access tokens. They are verified here, by the keys that siwn publishes: no request asks it.
import { createServer } from "node:http";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const { SIWN_PUBLIC_URL = "http://localhost:8080", AUDIENCE = "localhost", NETWORK = "siwn-devnet", PORT = "3000" } = process.env;
const keys = createRemoteJWKSet(new URL(`${SIWN_PUBLIC_URL}/.well-known/jwks.json`), { cacheMaxAge: 300_000, cooldownDuration: 5_000 });
const expected = { algorithms: ["ES256"], typ: "at+jwt", issuer: SIWN_PUBLIC_URL, audience: AUDIENCE, requiredClaims: ["sub", "exp"], maxTokenAge: "5m", clockTolerance: 5 };
const OUTAGES = ["ERR_JOSE_GENERIC", "ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID"];

/** The account that a request's token speaks of, or nothing. Throws where nobody can say: that is no refusal. */
async function account(request) {
  const [, token] = /^Bearer ([\w.-]{1,4096})$/i.exec(request.headers.authorization ?? "") ?? [];
  if (!token) return;
  try {
    const { payload } = await jwtVerify(token, keys, expected);
    // The same name on another network is somebody else.
    if (payload.network === NETWORK) return payload.sub;
  } catch (error) {
    if (!(error instanceof errors.JOSEError) || OUTAGES.includes(error.code)) throw error;
  }
}

async function answer(request) {
  if (request.method !== "GET" || request.url !== "/me") return [404, { error: "not_found" }];
  try {
    const name = await account(request);
    return name ? [200, { account: name }] : [401, { error: "not_signed_in" }];
  } catch (error) {
    console.error(error);
    return [503, { error: "try_again" }];
  }
}

createServer(async (request, response) => {
  const [status, body] = await answer(request);
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}).listen(PORT, "127.0.0.1", () => console.log(`listening on http://localhost:${PORT}`));
