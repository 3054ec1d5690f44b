// Tokens of near-sign-verify are tokens of siwn.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { ACCOUNT, CASES, RECIPIENT, json, keygen, siwn } from "./siwn.js";
import { parseAuthToken, sign } from "near-sign-verify";

const { publicKey, privateKey } = keygen();
const HOUR = 3_600_000;

const signed = ({ message, recipient = RECIPIENT, ...rest }) => sign(message, { signer: privateKey, accountId: ACCOUNT, recipient, ...rest });

const optional = (name, value) => (value ? [name, value] : []);

/** `siwn verify` with whatever is expected; a value may begin with a hyphen. */
function verifying(token, { message, recipient = RECIPIENT, nonce, state }, more = []) {
  const texts = [`--message=${message}`, ...optional("--state", state), ...optional("--nonce", nonce && Buffer.from(nonce).toString("hex"))];
  return ["verify", token, "--recipient", recipient, "--offline", ...texts, ...more];
}

describe("siwn verify takes the tokens of near-sign-verify", () => {
  for (const [name, given] of CASES) {
    test(name, async () => {
      const token = await signed(given);
      const verdict = json(verifying(token, given, ["--max-age", "24h", "--skew", "5s"]));
      assert.deepEqual(verdict, {
        valid: true,
        offline: true,
        accountId: ACCOUNT,
        publicKey,
        message: given.message,
        ...(given.callbackUrl && { callbackUrl: given.callbackUrl }),
        ...(given.state && { state: given.state }),
      });
      const parsed = parseAuthToken(token);
      assert.deepEqual(json(["inspect", token]), { ...parsed, nonce: Array.from(parsed.nonce) });
    });
  }
});

describe("siwn verify says no with exit code 1", () => {
  const given = { message: "login", state: "s" };
  const refused = (args, input) => {
    const { status, stdout, stderr } = siwn(args, { input });
    assert.equal(status, 1, stderr);
    assert.ok(stderr !== "" || JSON.parse(stdout).valid === false, "and says why");
    assert.doesNotMatch(stdout, /"valid": *true/);
  };

  for (const [name, expected] of [
    ["another recipient", { ...given, recipient: "other.example" }],
    ["another message", { ...given, message: "other" }],
    ["another state", { ...given, state: "other" }],
    ["another nonce", { ...given, nonce: new Uint8Array(32) }],
  ]) {
    test(name, async () => refused(verifying(await signed(given), expected)));
  }

  test("a state that is missing", async () => refused(verifying(await signed({ message: "login" }), given)));

  test("a token that is too old, or from the future", async () => {
    const token = await signed(given);
    const at = (millis) => verifying(token, given, ["--max-age", "24h", "--skew", "5s", "--now", String(millis)]);
    const madeAt = Number(Buffer.from(parseAuthToken(token).nonce).toString("latin1", 0, 16));
    assert.equal(siwn(at(madeAt + 24 * HOUR)).status, 0);
    refused(at(madeAt + 24 * HOUR + 1));
    assert.equal(siwn(at(madeAt - 5_000)).status, 0);
    refused(at(madeAt - 5_001));
  });

  test("a token whose account stands but whose words were changed", async () => {
    const bytes = Buffer.from(await signed(given), "base64");
    const at = bytes.indexOf("login");
    bytes.write("logon", at);
    refused(verifying(bytes.toString("base64"), { ...given, message: "logon" }));
  });

  for (const garbage of ["garbage", "AAAA", "=", " ", "{}", "a".repeat(1000), "-x"]) {
    test(`${JSON.stringify(garbage.slice(0, 20))}`, () => {
      const args = ["verify", "--recipient", RECIPIENT, "--offline", "--", garbage];
      refused(args);
    });
  }

  test("an empty token, as an argument and on standard input", () => {
    refused(["verify", "", "--recipient", RECIPIENT, "--offline"]);
    refused(["verify", "-", "--recipient", RECIPIENT, "--offline"], "");
    refused(["verify", "-", "--recipient", RECIPIENT, "--offline"], "\n");
  });
});

test("a token on standard input may end with a line break", async () => {
  const input = `${await signed({ message: "login" })}\n`;
  const args = ["verify", "-", "--recipient", RECIPIENT, "--offline"];
  assert.equal(json(args, { input }).valid, true);
});
