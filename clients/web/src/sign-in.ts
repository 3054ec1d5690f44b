import { SiwnError, cancelled } from "./errors.js";
import { type ServerOptions, request, unexpected } from "./request.js";
import { asSession, changed } from "./session.js";
import type { Session } from "./signed-in.js";
import { type Challenge, type Prove, type Wallet, prove } from "./wallet.js";

/** What is waited for: the server's challenge, the person, the server's verdict. */
export type Step = "challenge" | "wallet" | "verify";

/** How to sign in. */
export interface SignInOptions extends Omit<ServerOptions, "token"> {
  /** Who signs. */
  wallet: Wallet | Prove;
  /** Milliseconds until the wallet counts as gone. Default: 120,000. */
  walletTimeout?: number | undefined;
  /** Is told at each step, for those who show how far it is. */
  onStep?: ((step: Step) => void) | undefined;
  /** Asks for a session that is a bearer token. Pages of other sites get one anyway. */
  bearer?: boolean | undefined;
}

const WALLET_TIMEOUT = 120_000;
/** What a new challenge mends: this one is too old, or another browser's by now. */
const STARTS_OVER = ["challenge_expired", "challenge_unknown", "start_over"];
/** What the same proof may be sent again after. */
const NOT_JUDGED = ["chain_unavailable", "store_unavailable", "too_many_questions", "rate_limited", "admission_unavailable", "unreachable", "unexpected_answer"];

/**
 * Signs in: a challenge, the wallet's signature, a session.
 *
 * A challenge that expired while the wallet was open is replaced by a new one, once. Fails with a {@link SiwnError}. A call that is
 * aborted while the server judges may still have opened a session; `getSession` tells.
 */
export async function signIn(how: Wallet | Prove | SignInOptions): Promise<Session> {
  const options = typeof how === "function" || "signMessage" in how ? { wallet: how } : how;
  try {
    return await attempt(options);
  } catch (error) {
    if (!(error instanceof SiwnError) || !STARTS_OVER.includes(error.code)) throw error;
    return attempt(options);
  }
}

async function attempt(options: SignInOptions): Promise<Session> {
  const { wallet, onStep } = options;
  onStep?.("challenge");
  const challenge = asChallenge(await request("initiate-login", options, {}));
  onStep?.("wallet");
  const proof = await inTime(prove(wallet, challenge), options);
  const verify = async (): Promise<Session> => {
    onStep?.("verify");
    try {
      const session = asSession(await request("verify-login", options, options.bearer ? { ...proof, session: "bearer" } : proof));
      changed(options);
      return session;
    } catch (error) {
      if (!(error instanceof SiwnError) || !NOT_JUDGED.includes(error.code)) throw error;
      throw new SiwnError(error.code, error.message, { ...error, cause: error, retry: verify });
    }
  };
  return verify();
}

/** Wallets have no end of their own: one that was closed may stay silent for ever. */
async function inTime<T>(work: Promise<T>, { signal, walletTimeout = WALLET_TIMEOUT }: SignInOptions): Promise<T> {
  let stop = () => {};
  const ended = new Promise<never>((_, reject) => {
    const abort = () => reject(cancelled(signal?.reason));
    const timer = setTimeout(() => reject(new SiwnError("wallet_timed_out", "the wallet did not answer in time")), walletTimeout);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    stop();
  }
}

function asChallenge(answer: unknown): Challenge {
  const challenge = Object(answer) as Challenge & { nonce: unknown };
  if (!Array.isArray(challenge.nonce) || challenge.nonce.length !== 32) throw unexpected(undefined);
  return { ...challenge, nonce: Uint8Array.from(challenge.nonce as number[]) };
}
