// The ways in which people sign in, each in the engine that is given.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { ALICE, LOGIN } from "../e2e/world.js";
import { example } from "./example.js";
import { place } from "./place.js";
import { ENTER, ESCAPE, TAB } from "./tab.js";

export function ways(engine) {
  const skip = engine.obstacle();
  if (skip) return test(engine.name, { skip }, () => {});
  const here = place(engine);
  const way = (name, work) => test(name, here.visit(work));

  describe("on the login page", () => {
    way("by a wallet's website, and back to where one came from", async (tab, visit) => {
      await tab.goto(`${LOGIN}?return_to=/app`);
      await tab.click("MyNearWallet");
      await approve(tab);
      await tab.at(/^https:\/\/login\.example\/app$/);
      await tab.goto(LOGIN);
      await tab.see(`Signed in as ${ALICE}`);
      const other = await visit.tab();
      await other.goto(LOGIN);
      await other.see(`Signed in as ${ALICE}`);
      await signOut(other);
      await tab.reload();
      await tab.offers("Inside");
    });

    way("not where one says no on a wallet's website, or comes back by the browser's own button", async (tab) => {
      await tab.goto(`${LOGIN}?return_to=/app`);
      await tab.click("MyNearWallet");
      await tab.offers("Approve");
      await tab.click("Reject");
      await tab.see(/You said no in the wallet/);
      assert.equal(await tab.run(() => location.href), "https://login.example/api/auth/callback");
      await tab.click("Try again");
      await tab.click("MyNearWallet");
      await tab.offers("Approve");
      await tab.back();
      await tab.offers("Inside");
      await tab.click("MyNearWallet");
      await approve(tab);
      await tab.at(/^https:\/\/login\.example\/app$/);
    });

    way("by a wallet that asks in its frame, with the keyboard", async (tab) => {
      await tab.goto(LOGIN);
      await tab.offers("Inside");
      await tab.keys(TAB, ENTER);
      const frame = await tab.frame(/Sign in to login\.example[^]*Approve/);
      assert.equal(await frame.run(() => origin), "null");
      await frame.keys(TAB, ENTER);
      await tab.see(`Signed in as ${ALICE}`);
      assert.equal(await tab.focused(), `Signed in as ${ALICE}`);
      await tab.keys(TAB, ENTER);
      await tab.see(/You are signed out/);
    });

    way("by a wallet that asks in a window, also after a no and after it was closed", async (tab) => {
      await tab.goto(LOGIN);
      const first = await windowAfter(tab, () => tab.click("In a window"));
      await first.offers("Approve");
      await first.click("Reject");
      await tab.see(/You said no in the wallet/);
      const second = await windowAfter(tab, () => tab.click("Try again"));
      await second.offers("Approve");
      await second.close();
      await tab.see(/You said no in the wallet/);
      await approve(await windowAfter(tab, () => tab.click("Try again")));
      await tab.see(`Signed in as ${ALICE}`);
      assert.deepEqual(await tab.run(() => Object.keys(localStorage)), ["siwn last wallet"]);
    });

    way("by a wallet that wants two windows, of which browsers block one or the other", async (tab) => {
      await tab.goto(LOGIN);
      const first = await windowAfter(tab, () => tab.click("In two windows without a button"));
      await approve(await windowAfter(tab, () => approve(first)));
      await tab.see(`Signed in as ${ALICE}`);
    });

    way("by another wallet than the one that stays silent", async (tab) => {
      await tab.goto(LOGIN);
      await tab.click("Silent");
      await tab.see(/You approve in Silent/);
      await tab.click("Cancel");
      await tab.click("Inside");
      const frame = await tab.frame(/Approve/);
      await frame.keys(TAB, ENTER);
      await tab.see(`Signed in as ${ALICE}`);
    });

    test("what the policy forbids is heard of", async (t) => {
      t.diagnostic(`in ${here.engine.version}`);
      const visit = await here.engine.enter();
      const tab = await visit.tab();
      await tab.goto(LOGIN);
      await tab.offers("Inside");
      await tab.run(() => void document.head.append(Object.assign(document.createElement("script"), { textContent: "globalThis.ran = true" })));
      await tab.until("a report", () => here.reports.some((report) => /script-src/.test(report)));
      assert.equal(await tab.run(() => globalThis.ran), null);
      here.reports.length = 0;
      await visit.leave();
    });
  });

  describe("at siwn dev", () => {
    way("on its page, by mouse and keyboard, in two tabs", async (tab, visit) => {
      const { url } = here.devnet;
      await tab.goto(url);
      const other = await visit.tab();
      await other.goto(url);
      await other.offers("Sign in with NEAR");
      for (const cancel of [() => tab.click("Cancel"), () => tab.keys(ESCAPE)]) {
        await tab.click("Sign in with NEAR");
        await tab.offers("Approve");
        await cancel();
        await tab.see(/You cancelled: nothing was signed/);
      }
      await tab.click("Sign in with NEAR");
      await tab.offers("Approve");
      await tab.keys(ENTER);
      for (const one of [tab, other]) await one.see(`Signed in as ${ALICE}`);
      await tab.reload();
      await tab.see(`Signed in as ${ALICE}`);
      await tab.click("Log out");
      await tab.see(/You are logged out/);
      await other.offers("Sign in with NEAR");
    });

    way("by the installed wallet, and once more by itself where the challenge expired meanwhile", async (tab) => {
      await tab.goto(here.devnet.url);
      await tab.offers("Sign in with NEAR");
      await tab.goto(`${here.devnet.url}/login`);
      const window = await windowAfter(tab, () => tab.click("Installed test wallet"));
      await window.offers("Approve");
      await window.run(() => {
        document.querySelector("#manner").value = "expired";
      });
      const again = await windowAfter(tab, () => window.click("Approve"));
      await again.offers("Approve");
      await again.click("Approve");
      await tab.see(`Signed in as ${ALICE}`);
    });

    way("by the wallet in the sandbox, and by its website", async (tab) => {
      const login = `${here.devnet.url}/login?return_to=/healthz`;
      for (const [name, sign] of [
        ["Sandboxed test wallet", async () => (await windowAfter(tab, () => tab.click("Sandboxed test wallet"))).click("Approve")],
        ["Test wallet", async () => (await tab.click("Test wallet"), await tab.click("Approve"))],
      ]) {
        await tab.goto(login);
        await tab.offers(name);
        await sign();
        await tab.at(/\/healthz$/);
        await tab.goto(login);
        await tab.see(`Signed in as ${ALICE}`);
        await signOut(tab);
      }
    });

    way("on a page of another port, by the client, in two tabs", async (tab, visit) => {
      const app = await example(here.devnet, here.accounts[0]);
      await tab.goto(app.url);
      const other = await visit.tab();
      await other.goto(app.url);
      for (const one of [tab, other]) await one.see(/Nobody is signed in/);
      await tab.click("Sign in with A wallet");
      for (const one of [tab, other]) await one.see(`Signed in as ${ALICE}`);
      await tab.reload();
      await tab.click("Sign out");
      for (const one of [tab, other]) await one.see(/Nobody is signed in/);
      app.stop();
    });
  });
}

/** On a wallet's website, which offers this once it knows its accounts. */
const approve = (page) => page.click("Approve");

async function signOut(tab) {
  await tab.click("Sign out");
  await tab.see(/You are signed out/);
}

/**
 * The window that opens after this: at once, or after a click more, which the login page asks for where the browser has blocked it. On a busy
 * machine a click may be over before the window is asked for, and then there is another one.
 */
async function windowAfter(tab, work) {
  const known = await tab.windows();
  await work();
  const opened = await tab.until("a window", async () => {
    const found = (await tab.windows()).find((one) => !known.includes(one));
    if (!found) await tab.clickIfThere("Continue");
    return found;
  });
  return tab.window(opened);
}
