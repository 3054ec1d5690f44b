// How an operator makes the login page look, by the server's settings alone.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";
import { REFUSED, picture } from "./browser.js";
import { approve, doneAs, failure, heading, reject, settled, shifts, wallet } from "./login-page.js";
import { ALICE, LOGIN, open } from "./place.js";

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><circle cx="24" cy="24" r="22" fill="#9a4dc0"/>
<path d="M14 25l7 7 14-16" fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

const TEMPLATE = `<!doctype html>
<html lang="{{lang}}">
<head>
{{head}}
</head>
<body>
<header class="ours"><a href="/app">Back to {{name}}</a></header>
{{login}}
</body>
</html>
`;

const STYLE = `
body { margin: 0; background: var(--page); }
.ours { padding: 1rem; border-bottom: 4px solid var(--accent); font: 1rem/1.5 var(--font); }
.ours a { color: var(--text); }
.siwn main { box-shadow: none; }
`;

const folder = mkdtempSync(join(tmpdir(), "siwn-theme-"));
const file = (name, text) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

after(() => rmSync(folder, { recursive: true }));

// Each width and each scheme once: login-page.test.js has them all, in the page's own look.
const SIZES = [
  [360, "dark"],
  [1280, "light"],
];

const color = (page, selector, property = "color") =>
  page.locator(selector).first().evaluate((element, property) => getComputedStyle(element)[property], property);

/** Every state of the page in this look: it fits, stands still, and can be read. */
function states(of, name) {
  for (const [width, colorScheme] of SIZES) {
    test(`fits ${width} pixels, stands still and can be read in every state, ${colorScheme}`, async () => {
      const visitor = await of().enter({ viewport: { width, height: width === 360 ? 740 : 900 }, colorScheme });
      const page = await visitor.open(LOGIN, settled);
      const check = async (state) => {
        await visitor.look(page);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), state);
        assert.equal(await shifts(page), 0, state);
        await picture(page, `${name}-${width}-${colorScheme}-${state}`);
      };
      await check("choose");
      await page.getByText("Which wallet is the right one?").click();
      await page.getByText("Sign on the command line").click();
      await page.locator("#siwn-command").filter({ hasText: "siwn sign" }).waitFor();
      await visitor.look(page);
      await wallet(page, "MyNearWallet").click();
      await approve(page, "bob.test.near, function call");
      await failure(page);
      await check("failed");
      await page.getByRole("link", { name: "Try again" }).click();
      await wallet(page, "MyNearWallet").click();
      await reject(page);
      await failure(page);
      await page.getByRole("link", { name: "Try again" }).click();
      await wallet(page, "MyNearWallet").click();
      await approve(page, ALICE);
      await doneAs(page, ALICE);
      await check("done");
      await visitor.leave([REFUSED]);
    });
  }
}

describe("with a theme, a name and a logo", () => {
  let here;
  before(async () => {
    here = await open({
      SIWN_LOGIN_NAME: "Violet",
      SIWN_LOGIN_LOGO: file("logo.svg", LOGO),
      SIWN_LOGIN_THEME: "accent=#7a1fa2,accent_dark=#d7a8ee,card=#fdfaff,radius=4,font=serif",
    });
  });
  after(() => here.close());

  states(() => here, "theme");

  test("the accent is the operator's, by day and by night, and the logo is there", async () => {
    for (const [colorScheme, accent, card] of [
      ["light", "rgb(122, 31, 162)", "rgb(253, 250, 255)"],
      ["dark", "rgb(215, 168, 238)", "rgb(27, 28, 26)"],
    ]) {
      const visitor = await here.enter({ colorScheme });
      const page = await visitor.open(LOGIN, settled);
      await heading(page, "Sign in to Violet");
      assert.equal(await color(page, ".site"), accent);
      assert.equal(await color(page, "main", "backgroundColor"), card);
      assert.ok(await page.locator("img.logo").evaluate((image) => image.complete && image.naturalWidth > 0));
      await visitor.leave([]);
    }
  });

  test("an accent that nobody could read as text is a fill, and its text another", async () => {
    const yellow = await open({ SIWN_LOGIN_THEME: "accent=#ffd400" });
    const visitor = await yellow.enter();
    const page = await visitor.open(LOGIN, settled);
    assert.notEqual(await color(page, ".site"), "rgb(255, 212, 0)");
    await picture(page, "theme-yellow");
    await visitor.leave([]);
    await yellow.close();
  });
});

describe("with a template and a style sheet", () => {
  let here;
  before(async () => {
    here = await open({
      SIWN_LOGIN_TEMPLATE: file("template.html", TEMPLATE),
      SIWN_LOGIN_STYLE: file("style.css", STYLE),
      SIWN_LOGIN_THEME: "scheme=dark,accent_dark=#ffb454",
    });
  });
  after(() => here.close());

  states(() => here, "template");

  test("what surrounds the page is the operator's, and his style reaches it", async () => {
    const visitor = await here.enter({ colorScheme: "light" });
    const page = await visitor.open(LOGIN, settled);
    assert.equal(await page.getByRole("link", { name: "Back to login.example" }).isVisible(), true);
    assert.equal(await color(page, ".siwn main", "boxShadow"), "none");
    assert.equal(await color(page, ".ours", "borderBottomColor"), "rgb(255, 180, 84)", "dark is dark for everybody");
    await visitor.leave([]);
  });
});
