import { NearConnector } from "@hot-labs/near-connect";
import { useState } from "react";
import { signIn, signOut } from "siwn-client";
import { server, useSession } from "./session.js";

// Wallets that are installed. Others run in a sandbox of this page: name those that you trust.
const connector = new NearConnector({ network: "testnet", manifest: { version: "1", wallets: [] } });

export function Account() {
  const session = useSession();
  const [wallet, setWallet] = useState();
  const [problem, setProblem] = useState("");

  const run = (work) => async () => {
    setProblem("");
    try {
      await work();
    } catch (error) {
      // A no of the person is no fault.
      if (error.code !== "cancelled") setProblem(error.message);
    }
  };

  if (session === undefined) return null;
  return (
    <>
      <h1>{session ? `Signed in as ${session.accountId}` : "Nobody is signed in"}</h1>
      {session && <button onClick={run(() => signOut({ server }))}>Sign out</button>}
      {!session && !wallet && <button onClick={run(async () => setWallet(await connector.connect()))}>Choose a wallet</button>}
      {/* A click of its own: a wallet may open a window, which browsers allow right after a click. */}
      {!session && wallet && <button onClick={run(() => signIn({ wallet, server }))}>Sign in with {wallet.manifest.name}</button>}
      <p role="alert">{problem}</p>
    </>
  );
}
