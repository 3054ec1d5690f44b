// An application beside siwn: the browser's cookie, or a program's bearer token, is shown to siwn, which knows whose it is.
import { createServer } from "node:http";

// Where siwn listens, and what people see in the address bar.
const { SIWN_URL = "http://localhost:8080", ORIGIN = "http://localhost:3000", PORT = "3000" } = process.env;
const SAFE = ["GET", "HEAD"];

/** The account that is signed in, or nothing. Throws where nobody can say: that is no refusal. */
async function account({ headers, method }) {
  // Browsers send cookies with other pages' requests, too, and say whose page it is.
  if (!SAFE.includes(method) && headers.origin && headers.origin !== ORIGIN) return;
  const shown = Object.entries({ cookie: headers.cookie, authorization: headers.authorization }).filter(([, value]) => value);
  if (shown.length === 0) return;
  const answer = await fetch(`${SIWN_URL}/api/auth/session`, {
    headers: Object.fromEntries(shown),
    redirect: "error",
    signal: AbortSignal.timeout(5_000),
  });
  if (answer.ok) return (await answer.json()).accountId;
  if (![400, 401].includes(answer.status)) throw new Error(`siwn answers ${answer.status}`);
}

async function answer(request) {
  if (!["GET", "POST"].includes(request.method) || request.url !== "/me") return [404, { error: "not_found" }];
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
