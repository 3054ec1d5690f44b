import { SiwnError } from "./errors.js";
import { type ServerOptions, home, request, unexpected } from "./request.js";
import type { Session } from "./signed-in.js";

/** Who is signed in, or `null`. Fails with a {@link SiwnError} where nobody can tell. */
export async function getSession(options: ServerOptions = {}): Promise<Session | null> {
  try {
    return asSession(await request("session", options));
  } catch (error) {
    if (error instanceof SiwnError && error.code === "not_signed_in") return null;
    throw error;
  }
}

/** Ends the session. Ending none is no fault. */
export async function signOut(options: ServerOptions = {}): Promise<void> {
  await request("logout", options, {});
  changed(options);
}

/**
 * Calls `listener` with who is signed in whenever that changes, in this tab or in another one of this origin.
 * What it returns ends that. Nothing is heard while the server does not answer, and in some browsers while they block this page's cookies.
 */
export function onChange(listener: (session: Session | null) => void, options: ServerOptions = {}): () => void {
  let looks = 0;
  const look = async () => {
    const own = ++looks;
    const session = await getSession(options).catch(() => undefined);
    // Of several answers the one to the last question counts.
    if (session !== undefined && own === looks) listener(session);
  };
  // A page that comes back from the browser's memory has heard of nothing in between.
  const comeBack = (event: PageTransitionEvent) => void (event.persisted && look());
  const channel = channelOf(options);
  if (channel) channel.onmessage = look;
  globalThis.addEventListener?.("pageshow", comeBack);
  return () => {
    looks++;
    channel?.close();
    globalThis.removeEventListener?.("pageshow", comeBack);
  };
}

/** Tells every tab, this one included, that somebody else may be signed in. */
export function changed(options: ServerOptions): void {
  const channel = channelOf(options);
  channel?.postMessage(null);
  channel?.close();
}

/** One channel for each server, by its whole address. None where a browser that blocks cookies lets no tabs speak to one another. */
function channelOf(options: ServerOptions): BroadcastChannel | undefined {
  const name = `siwn ${new URL(home(options), globalThis.location?.href)}`;
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}

export function asSession(answer: unknown): Session {
  const session = Object(answer) as Session;
  if (typeof session.accountId !== "string") throw unexpected(undefined);
  const { accountId, publicKey, network, expiresAt, createdAt, token } = session;
  return { accountId, publicKey, network, expiresAt, ...(createdAt && { createdAt }), ...(token && { token }) };
}
