// What is published.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";

const cwd = fileURLToPath(new URL("..", import.meta.url));
const described = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

test("the package has the module, its types, what to read, the licences, and nothing else", () => {
  const told = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [{ files, name, version }] = JSON.parse(told);
  const types = ["errors", "index", "request", "session", "sign-in", "signed-in", "wallet"].map((file) => `dist/${file}.d.ts`);
  assert.deepEqual(files.map(({ path }) => path).sort(), [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    ...types.slice(0, 2),
    "dist/index.js",
    ...types.slice(2),
    "package.json",
  ]);
  assert.deepEqual([name, version], [described.name, described.version]);
});

test("nothing is installed with it, and nothing runs when it is", () => {
  assert.deepEqual([described.dependencies, described.peerDependencies, described.optionalDependencies], [undefined, undefined, undefined]);
  for (const script of ["preinstall", "install", "postinstall", "prepare"]) assert.equal(described.scripts[script], undefined);
});

test("its names are those of the types", async () => {
  const module = await import("siwn-client");
  assert.deepEqual(Object.keys(module).sort(), ["SiwnError", "getSession", "onChange", "signIn", "signOut"]);
});

test("the types' other modules are the module's own", () => {
  const index = readFileSync(new URL("../dist/index.d.ts", import.meta.url), "utf8");
  const from = [...index.matchAll(/from "([^"]+)"/g)].map(([, path]) => path);
  assert.ok(from.length > 0 && from.every((path) => path.startsWith("./")), String(from));
});
