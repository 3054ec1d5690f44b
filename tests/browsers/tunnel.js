// A proxy that knows some names and no others: what else a browser asks for is nowhere.
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";

/** Names of `hosts`, on port 443. */
export async function tunnel({ names, port }) {
  const server = createServer((_, answer) => answer.writeHead(502).end());
  const open = new Set();
  server.on("connect", ({ url }, browser, head) => {
    browser.on("error", () => {});
    if (!names.includes(url.replace(/:443$/, ""))) return browser.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const site = connect(port, "127.0.0.1", () => {
      browser.write("HTTP/1.1 200 OK\r\n\r\n");
      site.write(head);
      site.pipe(browser).pipe(site);
    });
    open.add(site.once("close", () => (open.delete(site), browser.destroy())).on("error", () => {}));
    browser.once("close", () => site.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: server.address().port,
    stop() {
      server.close();
      server.closeAllConnections();
      for (const site of open) site.destroy();
    },
  };
}
