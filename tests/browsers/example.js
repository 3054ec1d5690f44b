// The example in plain HTML on a port of its own, with a wallet that is installed.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { body, html } from "../e2e/hosts.js";
import { signMessage } from "../e2e/stand-in/sign.js";

const PAGE = readFileSync(new URL("../../clients/web/examples/plain-html/index.html", import.meta.url), "utf8");

/** Makes itself known as extensions do, and has its application sign. */
const WALLET = `<script>
  const sign = async (wish) => (await fetch("/sign", { method: "POST", body: JSON.stringify({ ...wish, nonce: Array.from(wish.nonce) }) })).json();
  const detail = { manifest: { id: "a-wallet", name: "A wallet" }, signMessage: sign };
  addEventListener("near-selector-ready", () => dispatchEvent(new CustomEvent("near-wallet-injected", { detail })));
</script>`;

export async function example(server, account) {
  const app = createServer(async (asked, answer) => {
    if (asked.url === "/sign") return answer.end(JSON.stringify(signMessage(account, JSON.parse(await body(asked)))));
    html(answer, PAGE.replaceAll("http://localhost:8080", server.url).replace("<script", `${WALLET}<script`));
  }).listen(0, "localhost");
  await once(app, "listening");
  return {
    url: `http://localhost:${app.address().port}`,
    stop() {
      app.close();
      app.closeAllConnections();
    },
  };
}
