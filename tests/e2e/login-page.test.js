// The login page itself: every state of it, languages, the keyboard, the command line, what it weighs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import test, { describe } from "node:test";
import { REFUSED, blocksCookies, picture } from "./browser.js";
import { approve, doneAs, failure, heading, reject, settled, shifts, wallet } from "./login-page.js";
import { ALICE, LOGIN, place } from "./place.js";
import { install } from "./stand-in/installed.js";

const here = place();

describe("by a command line", () => {
  test("the command that is shown signs in with what it prints", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    await page.getByText("Sign on the command line").click();
    await page.getByLabel("Account").fill(ALICE);
    const command = page.locator("#siwn-command");
    await command.filter({ hasText: ALICE }).waitFor();
    assert.match(await page.locator("#near-command").innerText(), /^near message sign-nep413 utf8 'Sign in to login.example' nonce \S{44} recipient login.example sign-as alice.test.near$/);
    const { privateKey } = here.accounts.find(({ accountId }) => accountId === ALICE);
    const env = { PATH: `${dirname(process.env.SIWN_BIN)}:${process.env.PATH}`, SIWN_PRIVATE_KEY: privateKey };
    const { stdout, stderr } = spawnSync("sh", ["-c", await command.innerText()], { encoding: "utf8", env });
    assert.equal(stderr, "");
    await page.getByLabel("Output or token").fill(stdout);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await doneAs(page, ALICE);
    await visitor.leave([]);
  });

  test("after a refusal there is a new message to sign", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    await page.getByText("Sign on the command line").click();
    const command = page.locator("#near-command").filter({ hasText: "nonce" });
    const [nonce] = (await command.innerText()).match(/nonce \S{44}/);
    const output = page.getByLabel("Output or token");
    await page.getByLabel("Account").fill(ALICE);
    await output.fill(JSON.stringify({ accountId: ALICE, publicKey: here.accounts[0].publicKey, signature: `${"A".repeat(86)}==` }));
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await failure(page);
    await page.getByRole("button", { name: "Try again" }).click();
    await command.filter({ hasNotText: nonce }).waitFor();
    assert.equal(await output.inputValue(), "");
    await visitor.leave([REFUSED]);
  });

  test("text without a signature is told at once, and nothing is sent", async () => {
    const visitor = await here.enter();
    const page = await visitor.open(LOGIN, settled);
    await page.getByText("Sign on the command line").click();
    await page.getByLabel("Account").fill(ALICE);
    await page.getByLabel("Output or token").fill("error: no such key");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByText("There is no signature in this text.").waitFor();
    await visitor.leave([]);
  });
});

describe("the page", () => {
  const LANGUAGES = { en: "Choose your wallet", de: "Wallet wählen", es: "Elige tu billetera", fr: "Choisissez votre portefeuille", pt: "Escolha sua carteira" };

  for (const [width, height] of [[360, 740], [1280, 900]]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`fits ${width} pixels, stands still and is accessible in every state, ${colorScheme}`, async () => {
        const visitor = await here.enter({ viewport: { width, height }, colorScheme });
        const page = await visitor.open(LOGIN, settled);
        const check = async (state) => {
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), state);
          assert.equal(await shifts(page), 0, state);
          await picture(page, `login-${width}-${colorScheme}-${state}`);
        };
        await check("choose");
        await page.getByText("Sign on the command line").click();
        await page.locator("#siwn-command").filter({ hasText: "siwn sign" }).waitFor();
        await visitor.look(page);
        await picture(page, `login-${width}-${colorScheme}-command-line`);
        await page.reload();
        await settled(page);
        let answer;
        await page.route("**/initiate-login", (route) => new Promise((resolve) => (answer = () => resolve(route.continue()))));
        await wallet(page, "MyNearWallet").click();
        await heading(page, "Signing in with MyNearWallet");
        await check("working");
        answer();
        await approve(page, ALICE, "another message");
        await failure(page);
        await check("failed");
        await page.unroute("**/initiate-login");
        await page.getByRole("link", { name: "Try again" }).click();
        await wallet(page, "MyNearWallet").click();
        await reject(page);
        await failure(page);
        await check("cancelled");
        await page.getByRole("link", { name: "Try again" }).click();
        await wallet(page, "MyNearWallet").click();
        await approve(page, ALICE);
        await doneAs(page, ALICE);
        await check("done");
        await visitor.leave([REFUSED]);
      });
    }
  }

  for (const [lang, words] of Object.entries(LANGUAGES)) {
    test(`speaks ${lang} to those who prefer it, and to those who choose it`, async () => {
      const visitor = await here.enter({ locale: `${lang}-XX` });
      const page = await visitor.open(LOGIN, settled);
      await heading(page, words);
      assert.equal(await page.locator("html").getAttribute("lang"), lang);
      await picture(page, `login-language-${lang}`);
      await page.getByRole("link", { name: lang === "fr" ? "Español" : "Français" }).click();
      await heading(page, LANGUAGES[lang === "fr" ? "es" : "fr"]);
      await page.reload();
      await heading(page, LANGUAGES[lang === "fr" ? "es" : "fr"]);
      await visitor.leave([]);
    });
  }

  test("says that it needs cookies, before anybody signs, where the browser blocks them", async () => {
    const visitor = await here.enter();
    await visitor.context.addInitScript(blocksCookies);
    const page = await visitor.open(LOGIN, settled);
    assert.match(await failure(page), /^Not signed in\s+The browser sent no cookie\. Allow cookies for this site, then try again in the same browser\.\s+browser_unknown\s+Try again$/);
    const reloaded = page.waitForRequest(LOGIN);
    await page.getByRole("button", { name: "Try again" }).click();
    await reloaded;
    await settled(page);
    await visitor.leave([]);
  });

  test("explains itself without JavaScript", async () => {
    const visitor = await here.enter({ javaScriptEnabled: false });
    const page = await visitor.open(LOGIN, (page) => page.locator("noscript .panel").waitFor());
    assert.equal(await page.getByRole("heading", { name: "Choose your wallet" }).isVisible(), false);
    await picture(page, "login-no-javascript");
    await visitor.leave([]);
  });

  test("signs in, out, and in again by the keyboard alone", async () => {
    const visitor = await here.enter();
    await install(visitor, here.accounts[0]);
    const page = await visitor.open(LOGIN, settled);
    const { keyboard } = page;
    const press = async (...keys) => {
      for (const key of keys) await keyboard.press(key);
    };
    const focused = () => page.evaluate(() => document.activeElement.innerText.split("\n").find((line) => line.length > 1));
    await press("Tab");
    assert.equal(await focused(), "An extension");
    await press("Enter");
    await doneAs(page, ALICE);
    // Where one is, a screen reader says at once.
    assert.equal(await focused(), `Signed in as ${ALICE}`);
    await press("Tab");
    assert.equal(await focused(), "Sign out");
    await press("Enter");
    await heading(page, "Choose your wallet");
    await press("Tab", "Enter");
    await doneAs(page, ALICE);
    await visitor.leave([]);
  });

  test("is left and tried again by the keyboard alone", async () => {
    const visitor = await here.enter();
    await install(visitor, here.accounts[0], { answers: "no" });
    const page = await visitor.open(LOGIN, settled);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await failure(page);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.innerText), "Try again");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => globalThis.calls.length === 2);
    await failure(page);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await heading(page, "Choose your wallet");
    await visitor.leave([]);
  });

  test("is light, and ready soon", async (t) => {
    const MOST_BYTES = 32_000;
    const measured = [];
    for (let visit = 0; visit < 5; visit++) {
      const visitor = await here.enter();
      const page = await visitor.open(LOGIN, settled);
      measured.push(
        await page.evaluate(() => {
          const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
          const bytes = entries.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
          return { requests: entries.length, bytes, ready: performance.getEntriesByName("ready")[0].startTime };
        }),
      );
      await visitor.leave([]);
    }
    const [{ requests, bytes }] = measured;
    const median = measured.map(({ ready }) => ready).sort((one, other) => one - other)[2];
    t.diagnostic(`${requests} requests, ${bytes} bytes, ready after ${Math.round(median)} ms (median of 5, nothing cached)`);
    assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
  });

  test("waits on nothing that moves, for those who want it so", async () => {
    const visitor = await here.enter({ reducedMotion: "reduce" });
    const page = await visitor.open(LOGIN, settled);
    const moves = () =>
      page.evaluate(() => {
        const styles = [...document.querySelectorAll("*")].map((element) => getComputedStyle(element));
        const seconds = (text) => text.split(",").some((one) => parseFloat(one) > 0);
        return styles.filter(({ transitionDuration, animationDuration }) => seconds(transitionDuration) || seconds(animationDuration)).length;
      });
    assert.equal(await moves(), 0);
    await page.emulateMedia({ reducedMotion: "no-preference" });
    assert.ok((await moves()) > 0, "the test sees what moves");
    await visitor.leave([]);
  });

  test("cannot be put into a frame, and no page that opens it can reach it", async () => {
    const login = `${here.server.url}/login`;
    const { headers } = await fetch(login);
    assert.match(headers.get("content-security-policy"), /frame-ancestors 'none'/);
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin-allow-popups");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("cache-control"), "no-store");
    const nonce = (response) => response.headers.get("content-security-policy").match(/'nonce-([^']+)'/)[1];
    assert.notEqual(nonce(await fetch(login)), nonce(await fetch(login)));
  });
});

