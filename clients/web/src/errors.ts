import type { Session } from "./signed-in.js";

/** What the server answers; its page on errors says what to do about each. */
export type ServerCode =
  | "malformed"
  | "proof_malformed"
  | "proof_unsupported"
  | "cookie_twice"
  | "callback_url_unknown"
  | "audience_unknown"
  | "account_malformed"
  | "original_missing"
  | "not_signed_in"
  | "token_refused"
  | "challenge_unknown"
  | "challenge_expired"
  | "challenge_used"
  | "state_mismatch"
  | "recipient_mismatch"
  | "message_mismatch"
  | "callback_url_not_allowed"
  | "signature_invalid"
  | "authorization_invalid"
  | "contract_refused"
  | "key_not_full_access"
  | "key_not_found"
  | "account_not_found"
  | "account_not_allowed"
  | "key_new"
  | "login_refused"
  | "account_blocked"
  | "admin_token_refused"
  | "origin_not_allowed"
  | "host_not_allowed"
  | "browser_unknown"
  | "proxy_unknown"
  | "not_found"
  | "session_unknown"
  | "method_not_allowed"
  | "timed_out"
  | "too_large"
  | "not_json"
  | "site_unknown"
  | "too_many_questions"
  | "rate_limited"
  | "internal"
  | "chain_unavailable"
  | "admission_unavailable"
  | "store_unavailable"
  | "start_over";

/** What goes wrong before the server is asked, or without an answer of it. */
export type ClientCode =
  /** The person said no in the wallet, or `signal` was aborted. Nothing is to be mended. */
  | "cancelled"
  /** The wallet did not answer in time. */
  | "wallet_timed_out"
  /** The wallet failed, or answered something that is no signature; `cause` is what it said. */
  | "wallet_failed"
  /** The server did not answer, or not in time. */
  | "unreachable"
  /** Something else answered in the server's place. */
  | "unexpected_answer";

/** The codes of this version, and those that a newer server may add. */
export type Code = ServerCode | ClientCode | (string & {});

/** Why a login, a look at the session or a log-out failed. `message` is a sentence in English, for people. */
export class SiwnError extends Error {
  override readonly name = "SiwnError";
  /** What failed; stable. */
  readonly code: Code;
  /** The HTTP status; none where there was no answer. */
  readonly status: number | undefined;
  /** What the operator finds the cause under. */
  readonly requestId: string | undefined;
  /** Why the application that the server is a part of refused the login, in its words. */
  readonly reason: string | undefined;
  /** After how many seconds it makes sense to ask again. */
  readonly retryAfter: number | undefined;
  /** Sends the same proof again, without asking the wallet: there where nobody could judge it. */
  readonly retry: (() => Promise<Session>) | undefined;

  constructor(code: Code, message: string, { status, requestId, reason, retryAfter, retry, cause }: Details = {}) {
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.requestId = requestId;
    this.reason = reason;
    this.retryAfter = retryAfter;
    this.retry = retry;
  }
}

interface Details {
  status?: number | undefined;
  requestId?: string | undefined;
  reason?: string | undefined;
  retryAfter?: number | undefined;
  retry?: (() => Promise<Session>) | undefined;
  cause?: unknown;
}

export const cancelled = (cause?: unknown) => new SiwnError("cancelled", "nothing was signed", { cause });
