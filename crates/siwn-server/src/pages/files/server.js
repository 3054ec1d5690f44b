// What both pages say to the server, and what they say of its answers.
// @ts-check

/**
 * What the server wrote into the page.
 * @typedef {object} Page
 * @property {Record<string, string>} texts
 * @property {string} network
 * @property {string} loginUrl
 */

/** A no, or no answer at all. */
export class Failure extends Error {
  /** @param {string} code @param {string} [requestId] @param {string} [reason] of the site, in its own words */
  constructor(code, requestId, reason) {
    super(code);
    this.code = code;
    this.requestId = requestId;
    this.reason = reason;
  }
}

/** Where the routes are: the scripts lie beside them. */
const ROUTES = new URL("..", import.meta.url);
const LONGEST = 20_000;

/**
 * Sends JSON to the server and answers its JSON.
 * @param {string} path @param {object} [body] @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function ask(path, body, signal) {
  const late = AbortSignal.timeout(LONGEST);
  try {
    const response = await fetch(new URL(path, ROUTES), {
      method: body ? "POST" : "GET",
      ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
      cache: "no-store",
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    const text = await response.text();
    const answer = text === "" ? undefined : JSON.parse(text);
    if (response.ok) return answer;
    throw new Failure(answer.error, answer.requestId, answer.reason);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(signal?.aborted ? "cancelled" : "unreachable");
  }
}

/** What is told of a code: the name of a text. Codes that are not here are told as any other failure. */
const WHY = {
  why_cancelled: ["cancelled"],
  why_wallet_timed_out: ["wallet_timed_out"],
  why_wallet_failed: ["wallet_failed", "proof_malformed", "proof_unsupported"],
  why_popup_blocked: ["popup_blocked"],
  why_start_over: ["challenge_expired", "challenge_used", "challenge_unknown", "state_mismatch", "start_over"],
  why_key_not_full_access: ["key_not_full_access"],
  why_key_not_found: ["key_not_found"],
  why_account_not_found: ["account_not_found"],
  why_signature_invalid: ["signature_invalid", "message_mismatch", "recipient_mismatch", "callback_url_not_allowed"],
  why_contract_refused: ["contract_refused", "authorization_invalid"],
  why_cookies: ["browser_unknown", "cookie_twice"],
  why_try_later: ["chain_unavailable", "store_unavailable", "too_many_questions", "rate_limited", "admission_unavailable"],
  why_unreachable: ["unreachable", "unexpected_answer"],
  why_not_allowed: ["account_not_allowed", "account_blocked"],
  why_key_new: ["key_new"],
  why_login_refused: ["login_refused"],
  why_no_answer: ["no_answer"],
};

/** Codes after which the same proof may be sent again. */
const NOT_JUDGED = ["chain_unavailable", "store_unavailable", "too_many_questions", "rate_limited", "admission_unavailable", "unreachable", "unexpected_answer"];

/** Whether somebody said that a failure is one: a no of the person is none, and an outage is not a no. */
export const isJudged = (/** @type {string} */ code) => !NOT_JUDGED.includes(code);

/**
 * What was under way: a login of which no proof was sent yet, one whose proof was sent, a log-out.
 * @typedef {"begin" | "sent" | "sign_out"} Stage
 */

/** Whether the same proof may be sent again. @param {string} code @param {Stage} stage */
export const isOpen = (code, stage) => stage === "sent" && !isJudged(code);

/**
 * Shows a failure in the page's section for it.
 * @param {Page} page @param {Failure} failure @param {Stage} stage
 */
export function showFailure(page, { code, requestId, reason = "" }, stage) {
  const told = Object.entries(WHY).find(([, codes]) => codes.includes(code))?.[0] ?? "why_other";
  const why = told === "why_login_refused" && reason === "" ? "why_not_allowed" : told;
  const { texts } = page;
  const title = stage === "sign_out" ? "still_signed_in" : isOpen(code, stage) ? "unknown_outcome" : "failed";
  element("failed-title").textContent = texts[title] ?? "";
  // What an outage means depends on what was under way; of the other failures there is one text.
  element("why").textContent = filled(texts[`${why}_${stage}`] ?? texts[why] ?? "", { network: page.network, reason });
  const isUsual = code === "cancelled";
  const request = requestId && why === "why_other" ? ` · ${filled(texts["request"] ?? "", { id: requestId })}` : "";
  element("request").textContent = isUsual ? "" : code + request;
  element("failed").classList.toggle("usual", isUsual);
}

/** Shows one of the sections that lie on one another, and moves the focus there. */
export function show(/** @type {string} */ id, { focus = true } = {}) {
  for (const section of document.querySelectorAll(".stack > section")) {
    section.classList.remove("waiting");
    /** @type {HTMLElement} */ (section).hidden = section.id !== id;
  }
  if (focus) element(`${id}-title`).focus();
}

/** @param {string} text @param {Record<string, string>} values */
export const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** @returns {HTMLElement} */
export function element(/** @type {string} */ id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found;
}

/** @returns {any} */
export const pageOf = () => JSON.parse(element("page").textContent ?? "");

/** Whether this browser keeps cookies of this site: it is tried, for what browsers that block them say of it differs. */
export function keepsCookies() {
  try {
    document.cookie = "siwn-kept=yes; SameSite=Strict; Max-Age=60";
    const isKept = document.cookie.includes("siwn-kept=yes");
    document.cookie = "siwn-kept=; SameSite=Strict; Max-Age=0";
    return isKept;
  } catch {
    return false;
  }
}

/** What the browser remembers, where it is let: one that blocks cookies refuses every look at its storage. @template T @param {() => T} look */
export function remembered(look) {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/**
 * What is remembered of a login that goes by way of a wallet's website, in this tab: where people go on to, and the language that they chose.
 * @typedef {{ returnTo?: string, lang?: string, texts?: Record<string, string> }} UnderWay
 */
export const underWay = {
  /** @param {string} tx @param {UnderWay} login */
  keep: (tx, login) => remembered(() => sessionStorage.setItem(`siwn ${tx}`, JSON.stringify(login))),
  /** @param {string} tx @returns {UnderWay} */
  take: (tx) =>
    remembered(() => {
      const kept = sessionStorage.getItem(`siwn ${tx}`);
      sessionStorage.removeItem(`siwn ${tx}`);
      return JSON.parse(kept ?? "{}");
    }) ?? {},
};

/** Tells the tabs of this origin that somebody else may be signed in, as the client does. */
export function changed() {
  const channel = new BroadcastChannel(`siwn ${ROUTES.href.replace(/\/$/, "")}`);
  channel.postMessage(null);
  channel.close();
}
