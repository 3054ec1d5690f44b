// A browser and an application that knows nothing of NEAR, with nginx and with Caddy between them.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { signMessage } from "../../crates/siwn-cli/assets/sign.js";
import { PROXIES, Stack } from "../proxies/stack.js";
import { Visitor, launch, picture } from "./browser.js";
import { heading, settled, wallet } from "./login-page.js";

const ALICE = "alice.test.near";
const PAGE = "https://app.example/some/page?a=b&c=%2F";

let stack;

before(async () => (stack = await Stack.start()));

after(async () => assert.deepEqual(await stack.stop(), [0, 0]));

/** A browser for which app.example is behind this proxy. */
async function visitor(proxy) {
  const browser = await launch([`--host-resolver-rules=MAP app.example:443 127.0.0.1:${proxy.port}`]);
  const visitor = await Visitor.enter(browser, { ignoreHTTPSErrors: true });
  await visitor.context.exposeFunction("extensionSigns", (wish) => signMessage(stack.account(ALICE), wish));
  // What extensions do: they make themselves known to pages that ask.
  await visitor.context.addInitScript((accountId) => {
    const sign = (wish) => globalThis.extensionSigns({ ...wish, nonce: Array.from(wish.nonce) });
    const detail = {
      manifest: { id: "extension", name: "An extension", features: { signInAndSignMessage: true } },
      signInAndSignMessage: async ({ messageParams }) => [{ accountId, publicKey: "", signedMessage: await sign(messageParams) }],
      signIn: async () => [{ accountId }],
      signMessage: sign,
      signOut: async () => {},
    };
    addEventListener("near-selector-ready", () => dispatchEvent(new CustomEvent("near-wallet-injected", { detail })));
  }, ALICE);
  return { browser, visitor };
}

for (const name of Object.keys(PROXIES)) {
  test(`behind ${name} somebody signs in, comes back to where he was, speaks with the application, and logs out`, async () => {
    const { browser, visitor: somebody } = await visitor(stack.proxies[name]);
    const before = stack.application.requests.length;
    const page = await somebody.open(PAGE, settled);
    assert.equal(new URL(page.url()).pathname, "/login");
    assert.equal(stack.application.requests.length, before, "the application was reached");
    await picture(page, `behind-${name.toLowerCase()}-login`);

    await wallet(page, "An extension").click();
    await page.waitForURL(PAGE);
    await heading(page, `Hello, ${ALICE}`);
    await page.getByText(`${ALICE} said good day`).waitFor();
    await picture(page, `behind-${name.toLowerCase()}`);
    for (const { headers } of stack.application.requests.slice(before)) {
      assert.equal(headers["remote-user"], ALICE);
      assert.ok(!/siwn/.test(headers.cookie ?? ""), headers.cookie);
    }
    // A script of the application cannot ask what the proxy asks.
    const asked = await page.evaluate(async () => {
      const answer = await fetch("/api/auth/forward", { headers: { "X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/" } });
      return [answer.status, answer.headers.get("cookie")];
    });
    assert.deepEqual(asked, [404, null]);

    assert.equal(await page.evaluate(() => fetch("/api/auth/logout", { method: "POST" }).then(({ status }) => status)), 204);
    await page.goto(PAGE);
    await settled(page);
    await wallet(page, "An extension").click();
    await page.waitForURL(PAGE);
    await somebody.leave(["404 /api/auth/forward"]);
    await browser.close();
  });
}
