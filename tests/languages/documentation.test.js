// The page shows the files that are tested.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/languages.md", root), "utf8");

for (const [language, path] of [
  ["js", "node/by-session.js"],
  ["js", "node/by-token.js"],
  ["python", "python/by_session.py"],
  ["python", "python/by_token.py"],
  ["nginx", "nginx/app.example.conf"],
]) {
  test(`the whole of ${path} is shown, to the letter`, () => {
    const file = readFileSync(new URL(`clients/examples/${path}`, root), "utf8");
    assert.ok(page.includes(`\n\`\`\`${language}\n${file}\`\`\`\n`));
  });

  test(`${path} is no longer than a screen`, () => {
    const lines = readFileSync(new URL(`clients/examples/${path}`, root), "utf8").split("\n");
    assert.ok(lines.length <= 60, `${lines.length} lines`);
    assert.ok(lines.every((line) => line.length <= 130), lines.find((line) => line.length > 130));
  });
}
