// The pictures of docs/screens.md: each is shown, none is missing, and all together are light.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

const docs = new URL("../../docs/", import.meta.url);
const MOST_BYTES = 600_000;

test("the pictures are those of the page, and light", () => {
  const shown = [...readFileSync(new URL("screens.md", docs), "utf8").matchAll(/src="screens\/([^"]+)"/g)].map(([, name]) => name);
  const files = readdirSync(new URL("screens", docs));
  assert.deepEqual(files.sort(), shown.sort());
  const bytes = files.reduce((sum, name) => sum + readFileSync(new URL(`screens/${name}`, docs)).length, 0);
  assert.ok(files.length >= 30 && bytes <= MOST_BYTES, `${files.length} pictures, ${bytes} bytes`);
});
