// What applications write, held against the published types of the client and of each kind of signer. Compiled, never run.
import type { NearConnector, NearWalletBase } from "@hot-labs/near-connect";
import type { Account } from "near-api-js";
import { signMessage } from "near-api-js/nep413";
import type { Near } from "near-kit";
import { sign } from "near-sign-verify";
import { SiwnError, getSession, onChange, signIn, signOut, type Session } from "siwn-client";

/** The form that wallet-selector asks for. */
interface SelectorWallet {
  signMessage(wish: { message: string; recipient: string; nonce: Buffer; callbackUrl?: string; state?: string }): Promise<{ accountId: string; publicKey: string; signature: string; state?: string } | void>;
}

export const ways = (connector: NearConnector, injected: NearWalletBase, selector: SelectorWallet, near: Near, account: Account): (() => Promise<Session>)[] => [
  async () => signIn(await connector.wallet()),
  () => signIn(injected),
  () => signIn(selector),
  () => signIn(near),
  () => signIn(({ message, nonce, recipient }) => signMessage({ signerAccount: account, payload: { message, nonce, recipient } })),
  () => signIn(({ message, ...given }) => sign(message, { signer: injected, ...given })),
  () => signIn({ wallet: injected, server: "https://login.example/api/auth", signal: AbortSignal.timeout(60_000), bearer: true }),
];

export async function handles(): Promise<string> {
  try {
    const stop = onChange((session) => console.log(session?.accountId ?? "nobody"));
    await signOut();
    stop();
    return (await getSession())?.publicKey ?? "nobody, or a contract";
  } catch (error) {
    if (!(error instanceof SiwnError)) throw error;
    if (error.code === "cancelled") return "nothing to mend";
    const session = await error.retry?.();
    return session?.accountId ?? error.requestId ?? error.message;
  }
}
