// What a page pays for the client, and what the documentation says of it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";
import { gzipSync } from "node:zlib";

const BUDGET = 4_000;

const read = (path) => readFileSync(new URL(path, import.meta.url));
const served = read("../../../crates/siwn-server/assets/client.js");

test("the module that the server hands out stays small", (t) => {
  const zipped = gzipSync(served, { level: 9 }).length;
  t.diagnostic(`client.js: ${served.length} bytes, ${zipped} gzipped`);
  assert.ok(zipped <= BUDGET, `${zipped} bytes`);
});

test("the documentation has its hash", () => {
  const hash = `sha384-${createHash("sha384").update(served).digest("base64")}`;
  assert.ok(read("../../../docs/web.md").includes(`integrity="${hash}"`), `docs/web.md wants integrity="${hash}"`);
});
