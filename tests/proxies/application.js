// The application behind the proxy: it knows nothing of NEAR, says what it was sent, and speaks WebSocket.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

export class Application {
  /** Requests that came through, WebSockets' handshakes included. */
  requests = [];
  /** What connections were to become. */
  upgrades = [];
  #polls = [];
  #sockets = new Set();
  #server = createServer((request, response) => this.#answer(request, response));

  static async at(port) {
    const application = new Application();
    application.#server.on("connection", (socket) => application.#sockets.add(socket));
    application.#server.on("upgrade", (request, socket) => application.#open(request, socket));
    application.#server.listen(port, "127.0.0.1");
    await once(application.#server, "listening");
    return application;
  }

  /** Whoever polls is answered now. */
  tell(news) {
    for (const response of this.#polls.splice(0)) response.end(news);
  }

  get waiting() {
    return this.#polls.length;
  }

  stop() {
    for (const socket of this.#sockets) socket.destroy();
    return once(this.#server.close(), "close");
  }

  async #answer(request, response) {
    const body = await text(request);
    this.requests.push(request);
    if (request.url === "/poll") return void this.#polls.push(response);
    if (request.url === "/events") {
      response.writeHead(200, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" }).write("data: first\n\n");
      return void this.#polls.push(response);
    }
    if (request.url === "/broken") return void response.writeHead(500, { "Content-Length": 3 }).end("own");
    const { method, url, rawHeaders } = request;
    const [type, answer] = /text\/html/.test(request.headers.accept ?? "")
      ? ["text/html; charset=utf-8", page(request.headers["remote-user"] ?? "nobody")]
      : ["application/json", JSON.stringify({ method, url, rawHeaders, body })];
    response.writeHead(200, { "Content-Type": type, "Content-Length": Buffer.byteLength(answer) }).end(answer);
  }

  /** Says back what it is told, frame by frame: short texts of clients only. */
  #open(request, socket) {
    this.requests.push(request);
    this.upgrades.push(request.headers.upgrade);
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.on("error", () => {});
    socket.on("data", (frame) => {
      if ((frame[0] & 15) !== 1) return void socket.end();
      const said = Buffer.from(frame.subarray(6)).map((byte, index) => byte ^ frame[2 + (index % 4)]);
      const answer = Buffer.from(`${request.headers["remote-user"]} said ${said}`);
      socket.write(Buffer.concat([Buffer.from([0x81, answer.length]), answer]));
    });
  }
}

async function text(stream) {
  let all = "";
  for await (const part of stream.setEncoding("utf8")) all += part;
  return all;
}

const page = (account) => `<!doctype html><html lang="en"><title>Application</title><link rel="icon" href="data:,">
<main><h1>Hello, ${account}</h1><p id="heard"></p></main>
<script>
  const socket = new WebSocket(location.href.replace(/^http/, "ws").replace(/[^/]*$/, "socket"));
  socket.onopen = () => socket.send("good day");
  socket.onmessage = ({ data }) => (document.querySelector("#heard").textContent = data);
</script>`;
