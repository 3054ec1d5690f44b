// Where people go on to after a login: own paths, and what is configured, and nowhere else, whatever a link says.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { doneAs, settled, wallet } from "./login-page.js";
import { ALICE, ELSEWHERE, LOGIN, SITE, place } from "./place.js";
import { install } from "./stand-in/installed.js";

const here = place();

/** Signs in by a link with this query. */
async function follow(query) {
  const visitor = await here.enter();
  await install(visitor, here.accounts[0]);
  const page = await visitor.open(`${LOGIN}?${query}`, settled);
  await wallet(page, "An extension").click();
  return { visitor, page };
}

describe("a link leads on", { concurrency: 2 }, () => {
  for (const [query, address] of [
    ["return_to=/app", `${SITE}/app`],
    ["return_to=%2Fapp%3Fa%3Db%26c%23d", `${SITE}/app?a=b&c#d`],
    ["return_to=/app?next=https://evil.example", `${SITE}/app?next=https://evil.example`],
    [`return_to=${encodeURIComponent(ELSEWHERE)}`, ELSEWHERE],
    ["return_to=/app&return_to=//evil.example", `${SITE}/app`],
    // Paths that look like hosts once the dots are gone are paths nevertheless.
    ["return_to=/app/../app//evil.example", `${SITE}/app//evil.example`],
  ]) {
    test(`to ${address}: ${query}`, async () => {
      const { visitor, page } = await follow(query);
      await page.waitForURL(address);
      await visitor.leave([]);
    });
  }
});

describe("a hostile link leads nowhere", { concurrency: 2 }, () => {
  for (const address of [
    "//evil.example/a",
    "///evil.example/a",
    "https://evil.example/a",
    "https:evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "https://login.example@evil.example",
    "https://login.example.evil.example/",
    "https://app.example/in",
    `${encodeURIComponent(ELSEWHERE)}%26more`,
    "/\\evil.example",
    "\\\\evil.example",
    "%2F%2Fevil.example",
    "/%09/evil.example",
    "/%0A/evil.example",
    "%0D%0A//evil.example",
    "%20//evil.example",
    "%00//evil.example",
    "/%C2%85/evil.example",
    "javascript:alert(1)",
    "%09javascript:alert(1)",
    "java%0Ascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "app",
    "../app",
    "",
    "//evil.example&return_to=/app",
  ]) {
    test(JSON.stringify(address), async () => {
      const { visitor, page } = await follow(`return_to=${address}`);
      await doneAs(page, ALICE);
      assert.equal(page.url(), LOGIN);
      assert.equal(await page.getByRole("link", { name: "Continue" }).isVisible(), false);
      await visitor.leave([]);
    });
  }

  test("behind the # of a link", async () => {
    const { visitor, page } = await follow("#return_to=https://evil.example");
    await doneAs(page, ALICE);
    assert.equal(page.url(), LOGIN);
    await visitor.leave([]);
  });
});

test("a reload does not lose it", async () => {
  const visitor = await here.enter();
  await install(visitor, here.accounts[0]);
  const page = await visitor.open(`${LOGIN}?return_to=/app`, settled);
  await page.reload();
  await settled(page);
  await wallet(page, "An extension").click();
  await page.waitForURL(`${SITE}/app`);
  await visitor.leave([]);
});
