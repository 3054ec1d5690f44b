/**
 * Sign In With NEAR in the browser.
 *
 * `signIn(wallet)` asks the server for a challenge, the wallet for a signature, and the server for a session.
 */
export { SiwnError, type ClientCode, type Code, type ServerCode } from "./errors.js";
export type { ServerOptions } from "./request.js";
export { getSession, onChange, signOut } from "./session.js";
export type { Session } from "./signed-in.js";
export { signIn, type SignInOptions, type Step } from "./sign-in.js";
export type { Authorized, Challenge, Prove, Signed, Wallet } from "./wallet.js";
