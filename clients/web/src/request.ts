import { SiwnError, cancelled } from "./errors.js";

/** Where the server is, and how long to wait for it. */
export interface ServerOptions {
  /** The address of the routes, as in `https://login.example/api/auth`. Default: where this script came from, or else `/api/auth`. */
  server?: string | URL | undefined;
  /** A bearer session, for pages of other sites; `signIn` gives it. Without it the session is a cookie. */
  token?: string | undefined;
  /** Ends the call; it fails with the code `cancelled`. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until a request counts as unanswered. Default: 20,000. */
  requestTimeout?: number | undefined;
}

const REQUEST_TIMEOUT = 20_000;
const SERVED_AS = "/client.js";

/** Where a page finds the routes: beside this script, if the server gave it. */
export function home({ server }: ServerOptions): string {
  const own: string | undefined = import.meta.url;
  const found = server ?? (own?.endsWith(`/api/auth${SERVED_AS}`) ? own.slice(0, -SERVED_AS.length) : "/api/auth");
  return String(found).replace(/\/$/, "");
}

/** Sends JSON and answers the JSON that came back, or nothing where nothing did. */
export async function request(path: string, options: ServerOptions, body?: object): Promise<unknown> {
  const { token, signal, requestTimeout = REQUEST_TIMEOUT } = options;
  const headers: Record<string, string> = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers["Authorization"] = `Bearer ${token}`;
  const late = AbortSignal.timeout(requestTimeout);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${home(options)}/${path}`, {
      method: body ? "POST" : "GET",
      headers,
      body: body ? JSON.stringify(body) : null,
      // A neighbour of the server, on the same site, has its cookies.
      credentials: "include",
      cache: "no-store",
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    text = await response.text();
  } catch (cause) {
    throw signal?.aborted ? cancelled(signal.reason) : new SiwnError("unreachable", "the server did not answer", { cause });
  }
  const answer = parse(text, response.status);
  if (response.ok) return answer;
  const { error, message, requestId, reason } = Object(answer) as Record<string, unknown>;
  if (typeof error !== "string") throw unexpected(response.status);
  throw new SiwnError(error, String(message), {
    status: response.status,
    requestId: asText(requestId),
    reason: asText(reason),
    retryAfter: Number(response.headers.get("Retry-After")) || undefined,
  });
}

const asText = (value: unknown) => (typeof value === "string" ? value : undefined);

function parse(text: string, status: number): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unexpected(status, cause);
  }
}

/** Somebody else answers at this address: a proxy, or a page that does not exist. */
export const unexpected = (status: number | undefined, cause?: unknown) =>
  new SiwnError("unexpected_answer", "something else answered in the server's place", { status, cause });
