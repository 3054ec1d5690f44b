// What a page pays for the client, and what the documentation says of it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";
import { gzipSync } from "node:zlib";

const BUDGET = 4_000;

const read = (path) => readFileSync(new URL(path, import.meta.url));
const asset = (name) => read(`../../../crates/siwn-server/assets/${name}`);
const served = asset("client.js");
const docs = read("../../../docs/web.md").toString();

test("the module that the server hands out stays small", (t) => {
  const zipped = gzipSync(served, { level: 9 }).length;
  t.diagnostic(`client.js: ${served.length} bytes, ${zipped} gzipped`);
  assert.ok(zipped <= BUDGET, `${zipped} bytes`);
});

test("the documentation has its hash", () => {
  const hash = `sha384-${createHash("sha384").update(served).digest("base64")}`;
  assert.ok(docs.includes(`integrity="${hash}"`), `docs/web.md wants integrity="${hash}"`);
});

for (const name of ["client.js", "connector.js"]) {
  test(`the documentation has the size of ${name}`, () => {
    const script = asset(name);
    const bytes = script.length.toLocaleString("en");
    const [, zipped] = docs.match(new RegExp(`\\b${bytes} bytes, ([\\d,]+) gzipped`)) ?? assert.fail(`docs/web.md wants ${bytes} bytes for ${name}`);
    // Kinds of zlib differ a little.
    const now = gzipSync(script, { level: 9 }).length;
    assert.ok(Math.abs(Number(zipped.replaceAll(",", "")) - now) < now / 100, `${now} gzipped in docs/web.md, for ${name}`);
  });
}
