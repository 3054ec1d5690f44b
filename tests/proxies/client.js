// A client that sends every header as it is told to, over TLS, and keeps cookies as a browser does.
import assert from "node:assert/strict";
import { connect } from "node:tls";
import { signMessage } from "../../crates/siwn-cli/assets/sign.js";

export class Client {
  cookies = new Map();

  /** Somebody who asks this proxy for this host. */
  constructor(proxy, host = "app.example") {
    this.proxy = proxy;
    this.host = host;
  }

  /** Sends a request, with these lines of headers after the usual ones, and answers status, headers and body. */
  async send(path, { method = "GET", host = this.host, lines = [], body = "" } = {}) {
    const socket = await this.#write(path, { method, host, lines: ["Connection: close", ...lines], body });
    const parts = [];
    for await (const part of socket) parts.push(part);
    const answer = parse(Buffer.concat(parts));
    for (const cookie of answer.all("set-cookie")) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
      if (/Max-Age=0/.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  /** What the application was sent, where it was reached. */
  async seen(path, options) {
    const { status, body } = await this.send(path, options);
    assert.equal(status, 200, body);
    return new Seen(JSON.parse(body));
  }

  /** A handshake: the first line of the answer, and the socket. */
  async upgrade(path, lines = [], named = "websocket") {
    const handshake = ["Connection: Upgrade", `Upgrade: ${named}`, "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="];
    const socket = await this.#write(path, { method: "GET", host: this.host, lines: [...handshake, ...lines], body: "" });
    let head = "";
    while (!head.includes("\r\n\r\n")) head += await next(socket);
    return { status: Number(head.slice(9, 12)), head, socket };
  }

  /** Sends a request, and answers the socket on which the answer arrives, piece by piece. */
  listen(path) {
    return this.#write(path, { method: "GET", host: this.host, lines: ["Connection: close"], body: "" });
  }

  /** A login as a browser of this host does it. */
  async signIn(account, wish = {}) {
    const own = ["Sec-Fetch-Site: same-origin", `Origin: https://${this.host}`, "Content-Type: application/json"];
    const post = (path, body, lines = own) => this.send(path, { method: "POST", lines, body: JSON.stringify(body) });
    const { message, nonce, recipient, state } = JSON.parse((await post("/api/auth/initiate-login", {})).body);
    const signed = await signMessage(account, { message, nonce, recipient });
    return post("/api/auth/verify-login", { ...signed, nonce, state, ...wish });
  }

  async logOut() {
    const lines = ["Sec-Fetch-Site: same-origin", "Content-Type: application/json"];
    const { status } = await this.send("/api/auth/logout", { method: "POST", lines });
    assert.equal(status, 204);
  }

  async #write(path, { method, host, lines, body }) {
    const socket = connect({ host: "127.0.0.1", port: this.proxy.port, servername: this.host, rejectUnauthorized: false });
    // What a proxy breaks off is an answer that is cut short.
    socket.on("error", () => {});
    const cookies = [...this.cookies].map(([name, value]) => `${name}=${value}`);
    const own = lines.some((line) => /^cookie:/i.test(line)) || !cookies.length ? [] : [`Cookie: ${cookies.join("; ")}`];
    const length = body || method !== "GET" ? [`Content-Length: ${Buffer.byteLength(body)}`] : [];
    socket.write(`${[`${method} ${path} HTTP/1.1`, `Host: ${host}`, ...own, ...length, ...lines].join("\r\n")}\r\n\r\n${body}`);
    return socket;
  }
}

/** A request as it reached the application. */
class Seen {
  constructor({ method, url, rawHeaders, body }) {
    Object.assign(this, { method, url, body });
    this.headers = rawHeaders.flatMap((name, index) => (index % 2 ? [] : [[name.toLowerCase(), rawHeaders[index + 1]]]));
  }

  /** All that came under a name, in whatever spelling an application may take for it; nothing is as good as empty. */
  all(name) {
    const plain = (text) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
    return this.headers.filter(([found, value]) => plain(found) === plain(name) && value !== "").map(([, value]) => value);
  }
}

function parse(bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  const [first = "", ...lines] = bytes.subarray(0, Math.max(end, 0)).toString("latin1").split("\r\n");
  const headers = lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]);
  const all = (name) => headers.filter(([found]) => found === name).map(([, value]) => value);
  const rest = bytes.subarray(end + 4);
  const body = all("transfer-encoding").includes("chunked") ? unchunked(rest) : rest;
  return { status: Number(first.slice(9, 12)), all, header: (name) => all(name)[0], body: body.toString() };
}

function unchunked(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf("\r\n", at);
    const length = parseInt(bytes.subarray(at, end).toString(), 16);
    if (!length) break;
    parts.push(bytes.subarray(end + 2, end + 2 + length));
    at = end + 4 + length;
  }
  return Buffer.concat(parts);
}

/** What a socket says next. */
export function next(socket) {
  return new Promise((resolve, reject) => {
    const heard = (data) => (done(), resolve(data.toString("latin1")));
    const ended = () => (done(), reject(new Error("the connection ended")));
    const done = () => (socket.off("data", heard), socket.off("close", ended));
    socket.on("data", heard).on("close", ended);
  });
}
