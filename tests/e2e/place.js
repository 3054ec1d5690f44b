// A world to log in to, and a browser that finds all of it.
import { after, before } from "node:test";
import { Visitor, launch } from "./browser.js";
import { world } from "./world.js";

export { ALICE, APP, BOB, ELSEWHERE, LOGIN, SITE } from "./world.js";

/** A place for a whole file of tests. */
export function place(settings) {
  const here = {};
  before(async () => Object.assign(here, await open(settings)));
  after(() => here.close());
  return here;
}

/** A place as `world` takes it. */
export async function open(settings, names) {
  const around = await world(settings, names);
  const browser = await launch([`--host-resolver-rules=${around.net.mapping},MAP * ~NOTFOUND,EXCLUDE localhost`, "--ignore-certificate-errors"]);
  return {
    ...around,
    browser,
    /** A new browser, as far as the server can tell. */
    enter: (options) => Visitor.enter(browser, options),
    async close() {
      await browser.close();
      await around.end();
    },
  };
}
