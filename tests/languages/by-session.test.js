// The examples that ask siwn whose session it is, beside `siwn dev`.
import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";
import { dev } from "../npm/server.js";
import { LANGUAGES, freePort, start } from "./apps.js";
import { accounts, byCookie, byToken } from "./people.js";

const ORIGIN = "https://app.example";
const NOBODY = [401, "not_signed_in"];

for (const language of LANGUAGES) {
  describe(`${language}, by session`, () => {
    let siwn, app, alice, bob;

    before(async () => {
      siwn = await dev();
      [alice, bob] = await accounts(siwn);
      app = await start(language, "session", { SIWN_URL: siwn.url, ORIGIN });
    });
    after(async () => {
      await app?.stop();
      await siwn?.stop();
    });

    test("whoever is signed in by a cookie is known until the logout", async () => {
      const { cookie } = await byCookie(siwn.url, alice);
      assert.deepEqual(await app.me({ cookie }), [200, alice.name]);
      assert.deepEqual(await app.me({ cookie: `theme=dark; ${cookie}; other=ä` }), [200, alice.name]);
      const out = await fetch(`${siwn.url}/api/auth/logout`, { method: "POST", headers: { cookie } });
      assert.equal(out.status, 204);
      assert.deepEqual(await app.me({ cookie }), NOBODY);
    });

    test("whoever is signed in by a bearer token is known until the session is ended elsewhere", async () => {
      const [here, elsewhere] = [byToken(siwn.url, bob), byToken(siwn.url, bob)];
      assert.deepEqual(await app.me(here), [200, bob.name]);
      const ended = await fetch(`${siwn.url}/api/auth/sessions`, { method: "DELETE", headers: elsewhere });
      assert.equal(ended.status, 204);
      assert.deepEqual(await app.me(here), NOBODY);
      assert.deepEqual(await app.me(elsewhere), [200, bob.name]);
    });

    test("a bearer token counts before a cookie, and one of nobody is nobody", async () => {
      const { cookie } = await byCookie(siwn.url, alice);
      assert.deepEqual(await app.me({ cookie, ...byToken(siwn.url, bob) }), [200, bob.name]);
      assert.deepEqual(await app.me({ cookie, authorization: "Bearer " }), NOBODY);
    });

    test("what names no session is nobody", async () => {
      const { cookie } = await byCookie(siwn.url, alice);
      const changed = cookie.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
      for (const headers of [{}, { cookie: "siwn=" }, { cookie: changed }, { cookie: `${cookie}; ${cookie}` }, { authorization: "Basic YTpi" }]) {
        assert.deepEqual(await app.me(headers), NOBODY, JSON.stringify(headers));
      }
    });

    test("a request that changes something comes from a page of the site, or from none", async () => {
      const { cookie } = await byCookie(siwn.url, alice);
      assert.deepEqual(await app.me({ cookie, origin: ORIGIN }, "POST"), [200, alice.name]);
      assert.deepEqual(await app.me({ cookie }, "POST"), [200, alice.name]);
      for (const origin of ["https://evil.example", "null", `${ORIGIN}.evil.example`]) {
        assert.deepEqual(await app.me({ cookie, origin }, "POST"), NOBODY, origin);
      }
    });

    test("a siwn that is gone is no refusal, and no pass", async () => {
      const lonely = await start(language, "session", { SIWN_URL: `http://127.0.0.1:${await freePort()}`, ORIGIN });
      try {
        assert.deepEqual(await lonely.me({ cookie: "siwn=a" }), [503, "try_again"]);
      } finally {
        await lonely.stop();
      }
    });
  });
}
