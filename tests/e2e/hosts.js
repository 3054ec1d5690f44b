// Sites of other names on this machine, over TLS: a browser that is told this mapping finds them here, and the internet nowhere.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { createServer } from "node:https";

/**
 * Serves each name by its handler.
 * @param {Record<string, import("node:http").RequestListener>} sites
 */
export async function hosts(sites) {
  const server = createServer(certificate(), (asked, answer) => {
    const site = sites[asked.headers.host] ?? ((_, answer) => answer.writeHead(421).end());
    site(asked, answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  return {
    names: Object.keys(sites),
    port,
    /** As Chromium takes it. */
    mapping: Object.keys(sites).map((name) => `MAP ${name}:443 127.0.0.1:${port}`).join(","),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A key and a certificate that nobody has signed: browsers of the tests do not ask. */
function certificate() {
  const subject = ["-subj", "/CN=tests", "-days", "2"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const pem = execFileSync("openssl", ["req", "-x509", ...key, ...subject, "-keyout", "-", "-out", "-"], { stdio: ["ignore", "pipe", "pipe"] });
  return { key: pem, cert: pem };
}

/** Hands every request on, as a proxy in front of a server does. `changed` are the headers of the answer, as it may change them. */
export const proxyTo = (port, changed = (headers) => headers) => (asked, answer) => {
  const { method, url, headers } = asked;
  const onward = request({ host: "127.0.0.1", port, method, path: url, headers }, (answered) => {
    answer.writeHead(answered.statusCode, changed(answered.rawHeaders));
    answered.pipe(answer);
  });
  onward.on("error", () => answer.destroy());
  asked.pipe(onward);
};

export const html = (answer, text) => answer.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(text);

export const javascript = (answer, text) =>
  answer.writeHead(200, { "content-type": "text/javascript; charset=utf-8", "access-control-allow-origin": "*" }).end(text);

export const body = async (asked) => {
  let text = "";
  for await (const piece of asked.setEncoding("utf8")) text += piece;
  return text;
};
