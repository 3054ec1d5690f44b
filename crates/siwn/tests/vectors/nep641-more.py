"""Makes nep641-more.json after the text of NEP-641, with Python's hashlib and the package `cryptography`."""

import base64
import hashlib
import json
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

DOMAIN = b"NEAR_NEP641_OFFCHAIN_MESSAGE/V1"
NEP413_TAG = struct.pack("<I", 2**31 + 413)
CURVE, ORDER = ec.SECP256K1(), 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
SEEDS = {"ed25519": bytes([7]) * 32, "secp256k1": bytes([9]) * 32}


def base58(data):
    number, digits = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def text(value):
    encoded = value.encode()
    return struct.pack("<I", len(encoded)) + encoded


class Ed25519:
    name = "ed25519"

    def __init__(self):
        self.private = ed25519.Ed25519PrivateKey.from_private_bytes(SEEDS[self.name])
        self.public = self.private.public_key().public_bytes_raw()

    def sign(self, digest):
        return self.private.sign(digest)

    def sign_with_neutral_r(self, digest):
        """R is the neutral element, S = k·a: the equation holds without a secret of one's own for this message."""
        r = bytes([1]) + bytes(31)
        k = int.from_bytes(hashlib.sha512(r + self.public + digest).digest(), "little")
        scalar = bytearray(hashlib.sha512(SEEDS[self.name]).digest()[:32])
        scalar[0] &= 248
        scalar[31] = scalar[31] & 127 | 64
        return r + (k * int.from_bytes(scalar, "little") % ED25519_ORDER).to_bytes(32, "little")


class Secp256k1:
    name = "secp256k1"

    def __init__(self):
        self.private = ec.derive_private_key(int.from_bytes(SEEDS[self.name]), CURVE)
        numbers = self.private.public_key().public_numbers()
        self.public = numbers.x.to_bytes(32) + numbers.y.to_bytes(32)

    def sign(self, digest):
        algorithm = ec.ECDSA(utils.Prehashed(hashes.SHA256()), deterministic_signing=True)
        r, s = utils.decode_dss_signature(self.private.sign(digest, algorithm))
        # R = (digest·G + r·Q) / s = (digest + r·d) / s · G: its parity is v.
        secret = self.private.private_numbers().private_value
        nonce = (int.from_bytes(digest) + r * secret) * pow(s, -1, ORDER) % ORDER
        v = ec.derive_private_key(nonce, CURVE).public_key().public_numbers().y & 1
        s, v = (ORDER - s, v ^ 1) if s > ORDER // 2 else (s, v)
        return r.to_bytes(32) + s.to_bytes(32) + bytes([v])


def vector(name, note, signed, key, callback_url=None, group="valid", sign=None):
    nanos, recipient_time = signed.pop("nanos"), signed["timestamp"].split(".")[0].rstrip("Z") + "Z"
    path = signed.get("path", [])
    borsh = text(signed["chain_id"]) + text(signed["signer_id"]) + struct.pack("<I", len(path)) + b"".join(map(text, path))
    borsh += struct.pack("<Q", nanos) + text(signed["payload"])
    hashed = hashlib.sha3_256(DOMAIN + borsh).digest()
    recipient = f"{signed['chain_id']}: {' -> '.join([signed['signer_id'], *path])} @ {recipient_time}"
    callback = b"\0" if callback_url is None else b"\1" + text(callback_url)
    tagged = NEP413_TAG + text(signed["payload"]) + hashed + text(recipient) + callback
    signature = (sign or key.sign)(hashlib.sha256(tagged).digest())
    via = {"schema": "nep413", "extra": {} if callback_url is None else {"callback_url": callback_url}}
    access_key, near_text = (f"{key.name}:{base58(data)}" for data in (key.public, signature))
    authorization = {"msg": signed, "via": via, "access_key": access_key, "signature": near_text}
    return {
        "name": name,
        "group": group,
        "note": note,
        "message": signed,
        "canonical_hash_hex": hashed.hex(),
        "timestamp_nanos": str(nanos),
        "nep413": {
            "recipient": recipient,
            "callback_url": callback_url,
            "tagged_borsh_hex": tagged.hex(),
            "prehash_sha256_hex": hashlib.sha256(tagged).hexdigest(),
        },
        "signer_secret": {"type": key.name, "seed_hex": SEEDS[key.name].hex()},
        "access_key": access_key,
        "signature": near_text,
        "signature_base64": base64.b64encode(signature).decode(),
        "authorization": json.dumps(authorization, ensure_ascii=False, separators=(",", ":")),
        "parses": True,
        "holds": True,
    }


def message(**parts):
    whole = {"chain_id": "mainnet", "signer_id": "alice.near", "path": [], "timestamp": "2026-08-06T14:29:00Z"}
    whole |= {"nanos": 1786026540 * 10**9, "payload": "login"} | parts
    if not whole["path"]:
        del whole["path"]
    return whole


ed, secp = Ed25519(), Secp256k1()
ETHEREUM = "0x58da990a8f4a3a6ca7cb6315d68a140105917352"
UNICODE = "Вход 🔑 e\u0301 \u202e\u0000\t\"\\/\u007f\u2028 \r\n"
vectors = [
    vector("signer-ethereum-implicit", "the implicit account of the key that signs", message(signer_id=ETHEREUM), secp),
    vector("signer-universal", "an account without keys; the signature holds all the same", message(signer_id="0u" + "7" * 51 + "g"), ed),
    vector("signer-of-two-characters", "the shortest account id", message(signer_id="aa"), ed),
    vector("chain-id-empty", "any text, and no network's", message(chain_id=""), ed),
    vector("chain-id-like-a-recipient", "it is compared, and never read", message(chain_id="mainnet: bob.near @ 2026-08-06T14:29:00Z"), ed),
    vector("payload-unicode", "signed as it stands, in no normal form", message(payload=UNICODE), ed),
    vector("callback-url-unicode", "a text like any other", message(), secp, callback_url="https://wallet.example/ü?a=b&c=\"#d e"),
    vector("timestamp-first-nanosecond", "digits to the ninth", message(timestamp="1970-01-01T00:00:00.000000001Z", nanos=1), ed),
    vector("timestamp-u64-max", "the last nanosecond that can be signed", message(timestamp="2554-07-21T23:34:33.709551615Z", nanos=2**64 - 1), ed),
    vector("path-of-a-hundred", "no length is named", message(path=[f"a{n}.near" for n in range(100)]), ed),
    vector("path-of-the-signer", "an account above itself", message(path=["alice.near"]), ed),
    vector("path-of-every-kind", "accounts of all kinds", message(path=["ab" * 32, ETHEREUM, "0s" + "0f" * 20, "0u" + "0" * 52, "system", "a-b_c.d"]), secp),
    vector("ed25519-neutral-r", "R is the neutral element", message(), ed, group="edge", sign=ed.sign_with_neutral_r),
]
source = "hashlib and cryptography (OpenSSL), after the text of NEP-641"
print(json.dumps({"generator": source, "vectors": vectors}, ensure_ascii=False, indent=1))
