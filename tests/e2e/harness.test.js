// The tests fail where a page does something wrong without a word: shown with pages that do.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { Visitor, launch } from "./browser.js";
import { hosts } from "./hosts.js";

const GOOD = '<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,"><main><h1>A page</h1>';
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; img-src data:";

const PAGES = {
  "an error in the console": [`${GOOD}<script>console.error("it broke")</script>`, /console it broke/],
  "a warning in the console": [`${GOOD}<script>console.warn("it may break")</script>`, /console it may break/],
  "an error that nobody catches": [`${GOOD}<script>throw new Error("it broke")</script>`, /error Error: it broke/],
  "a promise that nobody catches": [`${GOOD}<script>Promise.reject(new Error("it broke"))</script>`, /error Error: it broke/],
  "something that the policy blocks": [`${GOOD}<div style="color: red"></div>`, /policy style-src-attr inline/],
  "something that the policy blocks in a frame": [`${GOOD}<iframe title="f" srcdoc="<p style='color: red'>"></iframe>`, /policy style-src-attr/],
  "a request that fails": [`${GOOD}<script src="https://nowhere.example/a.js"></script>`, /failed https:\/\/nowhere.example/, "default-src *"],
  "a picture without words": [`${GOOD}<img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==">`, /axe image-alt: img/],
  "a refusal that nobody expected": [`${GOOD}<script src="/no"></script>`, /404 \/no/, "script-src 'self'"],
};

/** Not a fault: what browsers of people do. */
const OPENS = `${GOOD}<script>document.title = open("/") ? "opened" : "blocked"</script>`;

let net;
let browser;

before(async () => {
  net = await hosts({
    "pages.example": (asked, answer) => {
      const [page, , policy = POLICY] = PAGES[decodeURIComponent(asked.url.slice(1))] ?? (asked.url.startsWith("/opens") ? [OPENS] : []);
      answer.writeHead(page || asked.url === "/" ? 200 : 404, { "content-type": "text/html", "content-security-policy": policy });
      answer.end(page ?? GOOD);
    },
  });
  browser = await launch([`--host-resolver-rules=${net.mapping},MAP * ~NOTFOUND`, "--ignore-certificate-errors"]);
});

after(async () => {
  await browser.close();
  net.stop();
});

const visit = async (path) => {
  const visitor = await Visitor.enter(browser);
  await visitor.open(`https://pages.example/${encodeURIComponent(path)}`, (page) => page.waitForLoadState("load"));
  return visitor;
};

test("a page without a fault passes", async () => (await visit("")).leave([]));

for (const [what, [, words]] of Object.entries(PAGES)) {
  test(`a page with ${what} fails`, async () => {
    const visitor = await visit(what);
    await assert.rejects(visitor.leave([]), words);
  });
}

test("a refusal that is expected passes, with the browser's line on it", async () => {
  await (await visit("a refusal that nobody expected")).leave(["404 /no"]);
});

test("a fault that is expected passes, and has to be there", async () => {
  await (await visit("an error in the console")).leave([], [/^console it broke$/]);
  await assert.rejects((await visit("")).leave([], [/^console it broke$/]), /a fault with/);
});

test("a fault of a window that a page opened fails", async () => {
  const visitor = await visit("");
  const [page] = visitor.context.pages();
  const opened = page.waitForEvent("popup");
  await page.evaluate(() => void open("/an error in the console"));
  await (await opened).waitForURL(/broke|console/);
  await assert.rejects(visitor.leave([]), /console it broke/);
});

test("a window that nobody clicked for is blocked", async () => {
  const visitor = await visit("opens a window");
  assert.equal(await visitor.context.pages()[0].title(), "blocked");
  await visitor.leave([]);
});
