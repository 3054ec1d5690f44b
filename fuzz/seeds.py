"""Writes what each fuzz target begins with: the vectors, cut into its inputs."""

import json
import pathlib
import sys

CRATES = pathlib.Path(__file__).parent.parent / "crates"
VECTORS = CRATES / "siwn/tests/vectors"


def read(name):
    return json.loads((VECTORS / name).read_text())


signed = read("nep413.json")
tokens = [vector["expected"].get("near_sign_verify_token") for vector in signed]
tokens += [vector["input"]["token"] for vector in read("auth-token.json")]
inputs = [vector["input"] for vector in signed]
near_crypto = read("near-crypto.json")["vectors"]
authorizations = [vector["authorization"] for file in ("nep641.json", "nep641-more.json") for vector in read(file)["vectors"]]

FIELDS = ["account_id", "public_key", "signature", "nonce", "message", "recipient", "callback_url", "state"]


def proof(vector):
    named = dict(account_id=vector.get("accountId"), public_key=vector.get("publicKey"), callback_url=vector.get("callbackUrl"))
    return "\0".join(named.get(name) or vector.get(name) or "" for name in FIELDS)


PENDING = '{"account_id":"extension.test","authorization":"{}","expect":"login"}'
RECIPIENT, MESSAGE = "app.example", "Sign in to app.example"
seeds = {
    "account_id": [vector["id"] for vector in read("account-id.json")["vectors"]],
    "keys": [vector.get(name) for vector in inputs for name in ("publicKey", "secretKey", "secret_key")]
    + [vector["public_key"] for vector in near_crypto],
    "signature": [vector["signature"] for vector in inputs]
    + [vector[name] for vector in near_crypto for name in ("signature_base64", "signature_prefixed_base58")],
    "nonce": [vector["nonce_hex"] for vector in inputs] + ["A" * 43 + "=", "0001760000000000" + "x" * 24, "\x01" * 32],
    "auth_token": tokens,
    "proof_fields": [proof(vector) for vector in inputs],
    "authorization": authorizations
    + [
        "\0".join([authorization, '{"payload":"login"}']) for authorization in ("", "{}", authorizations[0])
    ]
    + [
        "\0".join(["x", '{"payload":"login","pending":[%s]}' % ",".join([PENDING] * count), '{"payload":"login"}', '{"payload":"login"}'])
        for count in (1, 2, 9)
    ],
    "session_token": ["A" * 64, "siwn_" + "b" * 64, "_-" * 11],
    "web": [
        "https://app.example", "http://localhost:3000", "http://127.0.0.1", "https://[2001:db8::1]:8443", "https://app.example/login/",
        "https://app.example/a?b=c#d", "my-app://signed-in", "javascript://x/%0aalert(1)", "null",
    ],
    "site_config": [
        "\0".join([RECIPIENT, MESSAGE, "0f" * 32, "300000"]), "\0".join([RECIPIENT, MESSAGE + "\n", "", "999"]), "a\0a\0\0" + "86400000",
    ],
    "rpc_reply": [file.read_text() for file in (CRATES / "siwn-chain/tests/fixtures").glob("*.json")],
    "challenge_judge": ["\0" * 40, "\x01" * 40 + "A" * 22, "\0" * 31 + "\x01" + "\0" * 8 + "state"],
}

into = pathlib.Path(sys.argv[1])
for target, texts in seeds.items():
    folder = into / target
    folder.mkdir(parents=True, exist_ok=True)
    kept = sorted({text for text in texts if isinstance(text, str) and len(text) <= 16384})
    if not kept:
        sys.exit(f"error: no seed for {target}")
    for number, text in enumerate(kept):
        (folder / f"seed-{number:03}").write_bytes(text.encode("utf-8", "surrogatepass"))
