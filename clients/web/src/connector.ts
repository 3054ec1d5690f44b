// The one place that knows the connector: wallets of a manifest, each run in a sandboxed frame. Built beside the client, for the login page.
import { NearConnector, type NearWalletBase, type WalletManifest } from "@hot-labs/near-connect";

/** What the login page gives. */
interface Setting {
  network: string;
  manifest: { wallets: (WalletManifest & { integrity?: string })[] };
  /** Allows the sandbox's script under the page's policy. */
  cspNonce: string;
}

/** A frame that a wallet runs in. */
interface Frame {
  iframe: HTMLIFrameElement;
  postMessage(data: object): void;
}

/** A wallet of the connector, and what its sandbox runs. */
interface Sandboxed extends NearWalletBase {
  executor: {
    loadCode(): Promise<string>;
    clearStorage(): Promise<void>;
    _onMessage(frame: Frame, event: MessageEvent): Promise<void>;
  };
}

/** A wallet as the login page uses it. */
export interface Connected {
  wallet: NearWalletBase;
  /** Fetches what the sandbox runs. */
  prepare(): Promise<unknown>;
  /** Removes what the wallet keeps in this page's storage. */
  forget(): Promise<void>;
}

/** The wallets of the manifest, by their ids. */
export async function connect({ network, manifest, cspNonce }: Setting): Promise<Map<string, Connected>> {
  const connector = new NearConnector({
    network: network === "testnet" ? "testnet" : "mainnet",
    manifest: { version: "1", wallets: [...manifest.wallets] },
    cspNonce,
    // Whoever sends this window a message must not begin a login.
    autoConnect: false,
    footerBranding: null,
  });
  await connector.whenManifestLoaded;
  // Taken now: later any window could put a wallet of the same id in front.
  const sandboxed = connector.wallets.filter((wallet): wallet is Sandboxed => "executor" in wallet);
  return new Map(sandboxed.map((wallet) => [wallet.manifest.id, connected(wallet)]));
}

function connected(wallet: Sandboxed): Connected {
  const { executor, manifest } = wallet;
  let code: Promise<string> | undefined;
  // The connector's own loading takes an error page for code, keeps it, and runs old code once more after an update.
  executor.loadCode = () => (code ??= load(manifest).catch((error) => ((code = undefined), Promise.reject(error))));
  // A wallet's window may close, which its frame is told, after the frame is gone.
  const onMessage = executor._onMessage;
  executor._onMessage = (frame, event) => {
    // What screen readers say of it.
    frame.iframe.title = manifest.name;
    return onMessage(onlyWhileThere(frame), event);
  };
  return { wallet, prepare: () => executor.loadCode(), forget: () => executor.clearStorage() };
}

/** The frame, which is told nothing when it is gone. */
function onlyWhileThere(frame: Frame): Frame {
  if (!Object.hasOwn(frame, "postMessage")) {
    const tell = frame.postMessage.bind(frame);
    frame.postMessage = (data) => void (frame.iframe.contentWindow && tell(data));
  }
  return frame;
}

/** What the manifest names, and nothing else where it names a hash. */
async function load({ executor, integrity = "" }: WalletManifest & { integrity?: string }): Promise<string> {
  const response = await fetch(new URL(executor, location.href), { integrity, credentials: "omit", referrerPolicy: "no-referrer" });
  if (!response.ok) throw new Error(`the wallet's code cannot be had: status ${response.status}`);
  return response.text();
}
