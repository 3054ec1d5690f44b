// nginx and Caddy, as deploy/ configures them, in front of an application that knows nothing of NEAR.
import assert from "node:assert/strict";
import { once } from "node:events";
import test, { after, before, describe } from "node:test";
import { Client, next } from "./client.js";
import { PROXIES, Stack } from "./stack.js";

const IDENTITY = ["Remote-User", "X-Siwn-Account", "X-Siwn-Key", "X-Siwn-Network", "X-Siwn-Identity"];
const NAVIGATION = ["Sec-Fetch-Mode: navigate", "Accept: text/html"];

/** A part of a token. */
const read = (part) => JSON.parse(Buffer.from(part, "base64url").toString());

let stack;
let alice;

before(async () => {
  stack = await Stack.start();
  alice = stack.account("alice.test.near");
});

after(async () => assert.deepEqual(await stack.stop(), [0, 0]));

for (const name of Object.keys(PROXIES)) {
  const visitor = (host) => new Client(stack.proxies[name], host);

  async function signedIn(host, account = alice) {
    const client = visitor(host);
    const { status, body } = await client.signIn(account);
    assert.equal(status, 200, body);
    return client;
  }

  /** Asks, and the application hears nothing of it. */
  async function keptOut(client, path, options) {
    const before = stack.application.requests.length;
    const answer = await client.send(path, options);
    assert.equal(stack.application.requests.length, before, "the application was reached");
    return answer;
  }

  describe(`behind ${name}`, () => {
    test("a browser goes to the login page and comes back, and the application sees the account", async () => {
      const client = visitor();
      const sent = await keptOut(client, "/deep/page?a=b&c=%2F", { lines: NAVIGATION });
      assert.equal(sent.status, 303);
      assert.equal(sent.header("location"), "https://app.example/login?return_to=%2Fdeep%2Fpage%3Fa%3Db%26c%3D%252F");
      const login = await keptOut(client, new URL(sent.header("location")).pathname, { lines: NAVIGATION });
      assert.match(login.body, /Sign in to app\.example/);
      assert.equal((await client.signIn(alice)).status, 200);
      const seen = await client.seen("/deep/page?a=b&c=%2F");
      assert.equal(seen.url, "/deep/page?a=b&c=%2F");
      const told = Object.fromEntries(IDENTITY.map((header) => [header, seen.all(header)]));
      const { chainId } = await (await fetch(`${stack.devnet.url}/_devnet/state`)).json();
      assert.deepEqual(told["Remote-User"], [alice.accountId]);
      assert.deepEqual(told["X-Siwn-Account"], [alice.accountId]);
      assert.deepEqual(told["X-Siwn-Key"], [alice.publicKey]);
      assert.deepEqual(told["X-Siwn-Network"], [chainId]);
    });

    test("the application can check who is signed in by the published keys", async () => {
      const client = await signedIn();
      const [token] = (await client.seen("/")).all("X-Siwn-Identity");
      const [head, claims, signature] = token.split(".");
      const { alg, typ, kid } = read(head);
      assert.deepEqual([alg, typ], ["ES256", "siwn-id+jwt"]);
      const jwk = JSON.parse((await visitor().send("/api/auth/jwks.json")).body).keys.find((key) => key.kid === kid);
      const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
      const signed = new TextEncoder().encode(`${head}.${claims}`);
      assert.ok(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, Buffer.from(signature, "base64url"), signed));
      const { iss, aud, sub, exp } = read(claims);
      assert.deepEqual([iss, aud, sub], ["https://app.example", "https://app.example", alice.accountId]);
      assert.ok(exp * 1000 > Date.now());
    });

    test("programs and scripts are told 401", async () => {
      for (const lines of [[], ["Accept: application/json"], ["Sec-Fetch-Mode: cors", "Accept: text/html"]]) {
        const { status, header } = await keptOut(visitor(), "/", { lines });
        assert.deepEqual([status, header("location")], [401, undefined]);
      }
    });

    test("what is sent arrives, and what is answered comes back", async () => {
      const client = await signedIn();
      const body = "x".repeat(20_000);
      const seen = await client.seen("/form", { method: "POST", body, lines: ["Sec-Fetch-Site: same-origin"] });
      assert.deepEqual([seen.method, seen.body], ["POST", body]);
      const broken = await client.send("/broken");
      assert.deepEqual([broken.status, broken.body], [500, "own"]);
    });

    test("nobody is whom he says himself he is", async () => {
      const client = await signedIn();
      const spellings = (header) => [header, header.toUpperCase(), header.replaceAll("-", "_"), header.replace("-", "_"), header.toLowerCase().replaceAll("-", "_"), header.replaceAll("-", ".")];
      for (const header of IDENTITY) {
        for (const spelling of spellings(header)) {
          const lines = [`${spelling}: root`, `${spelling}: root`];
          const seen = await client.seen("/", { lines });
          assert.ok(!seen.all(header).includes("root"), `${spelling}: ${seen.all(header)}`);
          assert.ok(seen.all(header).length <= 1);
          assert.ok(!JSON.stringify(seen.headers).includes("root"), `${spelling} arrived`);
          const { status } = await keptOut(visitor(), "/", { lines });
          assert.equal(status, 401);
        }
      }
      const all = IDENTITY.flatMap(spellings).map((spelling) => `${spelling}: root`);
      assert.deepEqual((await client.seen("/", { lines: all })).all("Remote-User"), [alice.accountId]);
    });

    test("who he is cannot be left out either", async () => {
      const client = await signedIn();
      for (const named of ["Remote-User", "close, remote-user", "X-Siwn-Account, X-Siwn-Key", "x-siwn-network", "Cookie", "Sec-Siwn-Credentials", "X-Forwarded-Method"]) {
        const before = stack.application.requests.length;
        const { status } = await client.send("/", { lines: [`Connection: ${named}`] });
        const reached = stack.application.requests.slice(before);
        assert.ok(reached.length === 1 || status >= 400, named);
        for (const { headers } of reached) {
          assert.deepEqual([headers["remote-user"], headers["x-siwn-account"]], [alice.accountId, alice.accountId], named);
          assert.ok(!/siwn/.test(headers.cookie ?? ""), named);
        }
      }
    });

    test("what a client says of proxies counts nothing", async () => {
      const forged = ["X-Forwarded-Host: files.example", "X-Forwarded-Proto: http", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Uri: //evil.example", "X-Forwarded-Method: OPTIONS", "X-Original-URI: //evil.example", "X-Original-Method: OPTIONS", "Forwarded: host=evil.example"];
      const sent = await keptOut(visitor(), "/page", { lines: [...forged, ...NAVIGATION] });
      assert.deepEqual([sent.status, sent.header("location")], [303, "https://app.example/login?return_to=%2Fpage"]);
      const client = await signedIn();
      const seen = await client.seen("/page", { lines: forged });
      assert.deepEqual(seen.all("Remote-User"), [alice.accountId]);
      assert.deepEqual(seen.all("X-Forwarded-Host"), ["app.example"]);
      assert.deepEqual(seen.all("X-Forwarded-Proto"), ["https"]);
      // The method that counts is the one of the request.
      const posted = await keptOut(client, "/page", { method: "POST", lines: [...forged, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"] });
      assert.equal(posted.status, 403);
    });

    test("nobody is sent to another site after a login", async () => {
      for (const path of ["//evil.example", "/\\evil.example", "///evil.example/x", "/%2fevil.example", "/%5cevil.example", "/%0d%0aLocation:%20https://evil.example", "/a?u=//evil.example", "/\\/evil.example", "https://evil.example/x", "//evil.example@app.example/"]) {
        const answer = await keptOut(visitor(), path, { lines: NAVIGATION });
        if (answer.status !== 303) {
          // A host that is none of ours is answered with nothing by Caddy.
          assert.ok(answer.status >= 400 || answer.body === "", `${path}: ${answer.status}`);
          assert.deepEqual(answer.all("location"), [], path);
          continue;
        }
        assert.equal(answer.all("location").length, 1, path);
        const location = new URL(answer.header("location"));
        assert.deepEqual([location.origin, location.pathname], ["https://app.example", "/login"], path);
        const back = new URL(location.searchParams.get("return_to"), "https://app.example/login");
        assert.equal(back.origin, "https://app.example", path);
      }
    });

    test("the session is kept from the application, and all else stays", async () => {
      const client = await signedIn();
      const [session, browser] = ["__Host-siwn", "__Host-siwn-browser"].map((cookie) => `${cookie}=${client.cookies.get(cookie)}`);
      for (const [sent, expected] of [
        [`${session}; ${browser}`, []],
        [`theme=dark; ${session}; id=a=b; ${browser}; last="x, y"`, ['theme=dark; id=a=b; last="x, y"']],
        [`${session}; siwn-theme=1; x__Host-siwn=2`, ["siwn-theme=1; x__Host-siwn=2"]],
      ]) {
        const seen = await client.seen("/", { lines: [`Cookie: ${sent}`] });
        assert.deepEqual(seen.all("Cookie"), expected);
        const everything = JSON.stringify(seen.headers);
        assert.ok(!everything.includes(client.cookies.get("__Host-siwn")), everything);
        assert.ok(!everything.includes(client.cookies.get("__Host-siwn-browser")), everything);
      }
      const basic = await client.seen("/", { lines: ["Authorization: Basic YTpi"] });
      assert.deepEqual(basic.all("Authorization"), ["Basic YTpi"]);
    });

    test("an API takes the token of a session, and the application does not see it", async () => {
      const program = visitor();
      const { status, body } = await program.signIn(alice, { session: "bearer" });
      assert.equal(status, 200, body);
      program.cookies.clear();
      const seen = await program.seen("/orders", { lines: [`Authorization: Bearer ${JSON.parse(body).token}`] });
      assert.deepEqual([seen.all("Remote-User"), seen.all("Authorization")], [[alice.accountId], []]);
      assert.equal((await keptOut(program, "/orders", { lines: ["Authorization: Bearer siwn_junk"] })).status, 401);
    });

    test("from outside nobody asks what the proxy asks", async () => {
      const client = await signedIn();
      const lines = ["X-Forwarded-Method: GET", "X-Forwarded-Uri: /", "Sec-Siwn-Credentials: strip"];
      for (const path of ["/api/auth/forward", "/api/auth/forward?redirect=true", "/api/auth/%66orward", "/api/auth//forward", "/api/auth/./forward", "/login/../api/auth/forward", "/API/auth/forward"]) {
        const answer = await client.send(path, { lines });
        assert.deepEqual([answer.all("remote-user"), answer.all("cookie")], [[], []], path);
      }
      assert.equal((await keptOut(client, "/api/auth/forward", { lines })).status, 404);
    });

    test("no way of writing a path leads past the login", async () => {
      for (const path of ["/login/../secret", "/login/secret", "/login/", "/loginx", "/api/auth/../../secret", "/api/auth/..%2f..%2fsecret", "/api/auth", "/./secret", "//login", "/LOGIN"]) {
        const { status } = await keptOut(visitor(), path);
        assert.ok(status >= 400, `${path}: ${status}`);
      }
    });

    test("after a log-out nobody is signed in", async () => {
      const client = await signedIn();
      const cookie = `Cookie: __Host-siwn=${client.cookies.get("__Host-siwn")}`;
      await client.seen("/");
      await client.logOut();
      assert.equal((await keptOut(client, "/")).status, 401);
      assert.equal((await keptOut(client, "/", { lines: [cookie] })).status, 401, "also with a copy of the cookie");
    });

    test("each host lets in whom its own rules let in", async () => {
      const carol = stack.account("carol.test.near");
      const refused = await visitor("files.example").signIn(alice);
      assert.deepEqual([refused.status, JSON.parse(refused.body).error], [401, "account_not_allowed"]);
      const client = await signedIn("files.example", carol);
      const page = await client.send("/");
      assert.deepEqual([page.status, page.header("cache-control")], [200, "private, no-cache"]);
      assert.match(page.body, /Only some may see this/);
      assert.equal((await visitor("files.example").send("/", { lines: NAVIGATION })).header("location"), "https://files.example/login?return_to=%2F");
      // A session of one host is nothing at another.
      const own = await signedIn();
      const files = visitor("files.example");
      files.cookies = own.cookies;
      assert.equal((await keptOut(files, "/", { lines: ["X-Forwarded-Host: app.example"] })).status, 401);
      // Nor where the request's line or Host names another than the connection.
      for (const [host, path] of [["app.example", "https://files.example/"], ["files.example", "/"], ["evil.example", "/"]]) {
        const answer = await own.send(path, { host });
        assert.ok(!answer.body.includes("Only some may see this"), `${host} ${path}`);
        if (host !== "app.example") assert.ok(answer.status >= 400 || answer.body === "", `${host}: ${answer.status} ${answer.body}`);
      }
    });

    test("a WebSocket is opened by who is signed in, from pages of the host", async () => {
      const client = await signedIn();
      const { status, head, socket } = await client.upgrade("/socket", ["Origin: https://app.example"]);
      assert.equal(status, 101, head);
      // "hi", masked with zeros.
      socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
      assert.equal((await next(socket)).slice(2), `${alice.accountId} said hi`);
      socket.destroy();
      const before = stack.application.requests.length;
      assert.equal((await visitor().upgrade("/socket", ["Origin: https://app.example"])).status, 401);
      assert.equal((await client.upgrade("/socket", ["Origin: https://evil.example"])).status, 403);
      assert.equal(stack.application.requests.length, before);
    });

    test("no other protocol than a WebSocket's is begun: in it a client would name himself", async () => {
      const client = await signedIn();
      for (const named of ["h2c", "H2C", "h2c, websocket", "websocket, h2c", "websocketx", "TLS/1.0"]) {
        const before = stack.application.upgrades.length;
        const { status, socket } = await client.upgrade("/socket", ["HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"], named);
        socket.destroy();
        assert.deepEqual([status === 101, stack.application.upgrades.slice(before)], [false, []], named);
      }
    });

    test("who waits for an answer is answered when there is one", async () => {
      const client = await signedIn();
      const answer = client.send("/poll");
      while (!stack.application.waiting) await new Promise(setImmediate);
      stack.application.tell("news");
      assert.equal((await answer).body, "news");
    });

    test("an event arrives when the application sends it, and not when there are many", async () => {
      const client = await signedIn();
      const socket = await client.listen("/events");
      const parts = socket[Symbol.asyncIterator]();
      const heard = async (text) => {
        for (let all = ""; !all.includes(text); ) {
          const { value, done } = await parts.next();
          assert.ok(!done, `the answer ended without ${text}`);
          all += value;
        }
      };
      await heard("data: first");
      stack.application.tell("data: last\n\n");
      await heard("data: last");
      socket.destroy();
    });
  });
}

describe("what nobody can say is no pass", () => {
  test("a key that is removed, a chain and a siwn that are gone", async () => {
    const recheck = { SIWN_SESSION_RECHECK: "1s", SIWN_SESSION_STALE: "1s", SIWN_SESSION_GRACE: "0s" };
    const strict = await Stack.start(undefined, recheck);
    const [bob, carol] = ["bob.test.near", "carol.test.near"].map((name) => strict.account(name));
    const proxies = Object.values(strict.proxies);
    const visitors = async (account) => {
      const clients = proxies.map((proxy) => new Client(proxy));
      for (const client of clients) assert.equal((await client.signIn(account)).status, 200);
      return clients;
    };
    /** Asks again until it is no pass any more. */
    const turned = async (client) => {
      for (;;) {
        const answer = await client.send("/");
        if (answer.status !== 200) return answer;
      }
    };

    const bobs = await visitors(bob);
    const carols = await visitors(carol);
    await strict.change("DELETE", `accounts/${bob.accountId}/keys`, { publicKey: bob.publicKey });
    for (const client of bobs) assert.equal((await turned(client)).status, 401, client.proxy.name);

    await strict.change("POST", "fault", { fault: "unavailable" });
    for (const client of carols) {
      const answer = await turned(client);
      assert.equal(answer.status, 503, client.proxy.name);
      assert.ok(Number(answer.header("retry-after")) > 0, client.proxy.name);
    }
    await strict.change("DELETE", "fault");

    const fresh = await visitors(carol);
    await strict.siwn.kill();
    const before = strict.application.requests.length;
    for (const client of [...fresh, ...proxies.map((proxy) => new Client(proxy))]) {
      for (const path of ["/", "/socket", "/login"]) {
        const { status } = await client.send(path, { lines: [`Remote-User: ${carol.accountId}`, ...NAVIGATION] });
        assert.ok([502, 503].includes(status), `${client.proxy.name} ${path}: ${status}`);
      }
    }
    assert.equal(strict.application.requests.length, before);
    await strict.startSiwn();
    assert.deepEqual(await strict.stop(), [0, 0]);
  });
});
