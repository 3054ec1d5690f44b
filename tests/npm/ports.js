// Ports that nobody listens on.
import { once } from "node:events";
import { createServer } from "node:net";

/** So many, all different. */
export async function freePorts(count) {
  const listeners = await Promise.all(Array.from({ length: count }, () => listening()));
  const ports = listeners.map((listener) => listener.address().port);
  await Promise.all(listeners.map((listener) => once(listener.close(), "close")));
  return ports;
}

export async function freePort() {
  const [port] = await freePorts(1);
  return port;
}

async function listening() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  return listener;
}
