// The one place that knows the connector: wallets of a manifest, each run in a sandboxed frame. Built beside the client, for the login page.
import { NearConnector, type NearWalletBase, type WalletManifest } from "@hot-labs/near-connect";

/** What the login page gives. */
interface Setting {
  network: string;
  manifest: { wallets: (WalletManifest & { integrity?: string })[] };
  /** Allows the sandbox's script under the page's policy. */
  cspNonce: string;
  /** What stands on the button that closes a wallet. */
  cancel: string;
}

/** A frame that a wallet runs in. */
interface Frame {
  iframe: HTMLIFrameElement;
  postMessage(data: object): void;
  dispose(): void;
}

/** A wallet of the connector, and what its sandbox runs. */
interface Sandboxed extends NearWalletBase {
  executor: {
    loadCode(): Promise<string>;
    clearStorage(): Promise<void>;
    _onMessage(frame: Frame, event: MessageEvent): Promise<void>;
    /** The windows that are open. */
    activePanels: Record<string, Window>;
  };
}

/** A wallet as the login page uses it. */
export interface Connected {
  wallet: NearWalletBase;
  /** Fetches what the sandbox runs. */
  prepare(): Promise<unknown>;
  /** Says how a click is asked for. It opens a window that the browser has blocked. */
  onBlocked(click: () => Promise<void>): void;
  /** Removes what the wallet keeps in this page's storage. */
  forget(): Promise<void>;
  /** Closes its frames and windows, and removes what it keeps. */
  leave(): void;
}

/** The wallets of the manifest, by their ids. */
export async function connect({ network, manifest, cspNonce, cancel }: Setting): Promise<Map<string, Connected>> {
  const connector = new NearConnector({
    network: network === "testnet" ? "testnet" : "mainnet",
    manifest: { version: "1", wallets: manifest.wallets.map((wallet) => ({ ...wallet, icon: wallet.icon || letter(wallet.name) })) },
    cspNonce,
    // Whoever sends this window a message must not begin a login.
    autoConnect: false,
    footerBranding: null,
  });
  await connector.whenManifestLoaded;
  // Taken now: later any window could put a wallet of the same id in front.
  const sandboxed = connector.wallets.filter((wallet): wallet is Sandboxed => "executor" in wallet);
  return new Map(sandboxed.map((wallet) => [wallet.manifest.id, connected(wallet, cancel)]));
}

function connected(wallet: Sandboxed, cancel: string): Connected {
  const { executor, manifest } = wallet;
  let code: Promise<string> | undefined;
  // The connector's own loading takes an error page for code, keeps it, and runs old code once more after an update.
  executor.loadCode = () => (code ??= load(manifest).catch((error) => ((code = undefined), Promise.reject(error))));
  // A wallet's window may close, which its frame is told, after the frame is gone.
  const onMessage = executor._onMessage;
  const frames = new Set<Frame>();
  /** Those that lie over the page: whoever is asked there clicks there. */
  const shown = new Set<Frame>();
  let click: (() => Promise<void>) | undefined;
  executor._onMessage = (frame, event) => {
    frames.add(named(onlyWhileThere(frame), manifest.name));
    const { method } = event.data as { method?: string };
    if (method === "open" && click && !shown.has(frame)) {
      const clicked = click;
      const blocked = () => (void clicked().then(() => onMessage(frame, event)), false as const);
      return onMessage(unlessBlocked(frame, blocked), event);
    }
    const answered = onMessage(frame, event);
    if (method === "ui.hideIframe") shown.delete(frame);
    if (method === "ui.showIframe") {
      shown.add(frame);
      cameUp(frame, cancel);
    }
    return answered;
  };
  const leave = () => {
    for (const frame of frames) frame.dispose();
    for (const panel of Object.values(executor.activePanels)) panel.close();
    frames.clear();
    shown.clear();
    void executor.clearStorage();
  };
  const onBlocked = (asks: () => Promise<void>) => void (click = asks);
  return { wallet, prepare: () => executor.loadCode(), onBlocked, forget: () => executor.clearStorage(), leave };
}

/** The frame, of which screen readers say whose it is. */
function named(frame: Frame, name: string): Frame {
  frame.iframe.title = name;
  return frame;
}

/** The frame, which is told nothing when it is gone. */
function onlyWhileThere(frame: Frame): Frame {
  if (!Object.hasOwn(frame, "postMessage")) {
    const tell = frame.postMessage.bind(frame);
    frame.postMessage = (data) => void (frame.iframe.contentWindow && tell(data));
  }
  return frame;
}

/**
 * The frame, which is not told that its window was blocked: another click opens it. There are browsers that open windows in a click itself
 * only, and not in what a frame asks for because of one.
 */
function unlessBlocked(frame: Frame, blocked: () => false): Frame {
  let isOpen: boolean | undefined;
  const postMessage = (data: { status?: string; result?: unknown }) => {
    // The first word is whether there is a window. What else the connector has to hand on is of one that is there.
    isOpen ??= data.status !== "success" || data.result !== null || blocked();
    if (isOpen) frame.postMessage(data);
  };
  return Object.create(frame, { postMessage: { value: postMessage } }) as Frame;
}

/** Who uses a keyboard goes on in what has come up. What surrounds it closes on a click, which a button says. */
function cameUp({ iframe }: Frame, cancel: string): void {
  const surroundings = iframe.closest(".modal-container");
  if (surroundings && !surroundings.querySelector("button")) {
    const button = document.createElement("button");
    button.textContent = cancel;
    button.type = "button";
    button.style.cssText = "position:absolute;top:12px;right:12px;padding:8px 16px;border:1px solid #fff8;border-radius:8px;background:#000a;font:inherit;cursor:pointer";
    surroundings.append(button);
    surroundings.role = "dialog";
    surroundings.ariaModal = "true";
    surroundings.ariaLabel = iframe.title;
  }
  iframe.focus();
}

/** A picture for a wallet without one, which loads nothing: the connector shows one in any case. */
function letter(name: string): string {
  const text = `<text x="32" y="44" font-family="sans-serif" font-size="36" text-anchor="middle" fill="#fff">${name.slice(0, 1).toUpperCase()}</text>`;
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="14" fill="#3d403b"/>${text}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(picture)}`;
}

/** What the manifest names, and nothing else where it names a hash. */
async function load({ executor, integrity = "" }: WalletManifest & { integrity?: string }): Promise<string> {
  const response = await fetch(new URL(executor, location.href), { integrity, credentials: "omit", referrerPolicy: "no-referrer" });
  if (!response.ok) throw new Error(`the wallet's code cannot be had: status ${response.status}`);
  // What stands in for a page that is missing is no code, whatever its status says.
  if (/html/i.test(response.headers.get("content-type") ?? "")) throw new Error("the wallet's code cannot be had: a page is there");
  return response.text();
}
