// What a page pays for the client.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { gzipSync } from "node:zlib";

const BUDGET = 4_000;

test("the module that the server hands out stays small", (t) => {
  const served = readFileSync(new URL("../../../crates/siwn-server/assets/client.js", import.meta.url));
  const zipped = gzipSync(served, { level: 9 }).length;
  t.diagnostic(`client.js: ${served.length} bytes, ${zipped} gzipped`);
  assert.ok(zipped <= BUDGET, `${zipped} bytes`);
});
