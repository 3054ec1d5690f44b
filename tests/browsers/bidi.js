// WebDriver BiDi, as far as these tests need it: commands with answers, and events. A library would do more than is asked for: those that
// there are tell the browser that each look at a page is a click, and every window opens then.
import { WebSocket } from "ws";

export class Bidi {
  #socket;
  #asked = new Map();
  #last = 0;

  /** @param {(event: { method: string, params: any }) => void} hear is told of every event */
  static async connect(url, hear) {
    const bidi = new Bidi();
    bidi.#socket = new WebSocket(url);
    await new Promise((resolve, reject) => bidi.#socket.once("open", resolve).once("error", reject));
    bidi.#socket.on("message", (text) => bidi.#answered(JSON.parse(text), hear));
    bidi.#socket.on("close", () => {
      for (const { reject } of bidi.#asked.values()) reject(new Error("the browser is gone"));
    });
    return bidi;
  }

  ask(method, params = {}) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  #answered({ id, type, result, error, message, ...event }, hear) {
    if (type === "event") return hear(event);
    const { resolve, reject } = this.#asked.get(id);
    this.#asked.delete(id);
    if (type === "success") resolve(result);
    else reject(new Error(`${error}: ${message}`));
  }
}
