// Builds the package's module into dist/, with the licences beside it, and what the server hands out into its crate's assets/.
import { copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const assets = here("../../crates/siwn-server/assets");

const module = { bundle: true, format: "esm", minify: true, target: "es2022", legalComments: "none", logLevel: "warning" };

await mkdir(assets, { recursive: true });
await build({ ...module, minify: false, entryPoints: [here("src/index.ts")], outfile: here("dist/index.js") });
// Out of the module above: names are made short by what is in a source, its types too, and only code is to change its hash.
await build({ ...module, entryPoints: [here("dist/index.js")], outfile: `${assets}/client.js` });
await build({ ...module, entryPoints: [here("src/connector.ts")], outfile: `${assets}/connector.js` });
for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) await copyFile(here(`../../${licence}`), here(licence));
