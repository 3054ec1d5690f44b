// The whole way: `siwn dev`, a login, an access token, the example's own route.
import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";
import { decodeProtectedHeader } from "jose";
import { dev } from "../npm/server.js";
import { LANGUAGES, start } from "./apps.js";
import { accounts, byCookie, byToken } from "./people.js";

const NOBODY = [401, "not_signed_in"];

/** An access token for whoever has these headers. */
async function accessToken(siwn, headers) {
  const answer = await fetch(`${siwn.url}/api/auth/token`, { method: "POST", headers });
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()).token;
}

const bearing = (token) => ({ authorization: `Bearer ${token}` });

for (const language of LANGUAGES) {
  describe(`${language}, from the login to the API`, () => {
    let siwn, app, alice;

    before(async () => {
      siwn = await dev();
      [alice] = await accounts(siwn);
      app = await start(language, "token", { SIWN_PUBLIC_URL: siwn.url });
    });
    after(async () => {
      await app?.stop();
      await siwn?.stop();
    });

    test("an access token of a browser's session is taken until its five minutes are over", async () => {
      const session = await byCookie(siwn.url, alice);
      const token = await accessToken(siwn, session);
      assert.equal(decodeProtectedHeader(token).typ, "at+jwt");
      assert.deepEqual(await app.me(bearing(token)), [200, alice.name]);

      const out = await fetch(`${siwn.url}/api/auth/logout`, { method: "POST", headers: session });
      assert.equal(out.status, 204);
      assert.deepEqual(await app.me(bearing(token)), [200, alice.name], "a token that is out stays good to its end");
      const another = await fetch(`${siwn.url}/api/auth/token`, { method: "POST", headers: session });
      assert.equal(another.status, 401, "and there is no other");

      await app.passTime(310);
      assert.deepEqual(await app.me(bearing(token)), NOBODY);
    });

    test("a session is no access token, and an access token no session", async () => {
      const session = byToken(siwn.url, alice);
      assert.deepEqual(await app.me(session), NOBODY);
      const asked = await fetch(`${siwn.url}/api/auth/session`, { headers: bearing(await accessToken(siwn, session)) });
      assert.equal(asked.status, 401);
    });

    test("a token of another siwn is refused", async () => {
      const other = await dev();
      try {
        const [somebody] = await accounts(other);
        assert.deepEqual(await app.me(bearing(await accessToken(other, byToken(other.url, somebody)))), NOBODY);
      } finally {
        await other.stop();
      }
    });
  });
}
