// Loaded before an example in Node: its clocks go on by as many seconds as each line on standard input says.
import { createInterface } from "node:readline";

const now = Date.now;
let ahead = 0;
Date.now = () => now() + ahead;
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length ? given : [Date.now()]));
  }
};
const lines = createInterface({ input: process.stdin }).on("line", (seconds) => {
  ahead += Number(seconds) * 1000;
  console.log(`${ahead / 1000} s ahead`);
});
lines.input.unref?.();
