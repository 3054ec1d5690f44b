"""What fuzzing does not come to, because nobody guesses a signature: logins and what they open, each answer held against the document."""

import os
import subprocess

import requests
import schemathesis
from schemathesis.specs.openapi import checks

ALICE = "alice.test.near"
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


class Interface:
    """Asks the server, and holds every answer against what the document says of the operation."""

    def __init__(self, document, url, admin_url, admin_token):
        self.schema = schemathesis.openapi.from_path(str(document))
        self.url, self.admin_url, self.admin = url, admin_url, {"Authorization": f"Bearer {admin_token}"}

    def ask(self, method, path, expected, names=None, **request):
        """Asks, and expects a status, or a code."""
        base = self.admin_url if path.startswith("/admin/") else self.url
        answer = requests.request(method, base + path.format(**(names or {})), timeout=20, **request)
        self.schema[path][method].Case(path_parameters=names or {}).validate_response(answer, checks=CHECKS)
        found = answer.json()["error"] if isinstance(expected, str) else answer.status_code
        assert found == expected, f"{method} {path} answers {answer.status_code} {answer.text}, not {expected}"
        return answer

    def proof(self, **more):
        """A token of alice's for a new challenge, as verify-login takes it."""
        challenge = self.ask("POST", "/api/auth/initiate-login", 200).json()
        signed = ["--recipient", challenge["recipient"], "--state", challenge["state"], "--nonce", bytes(challenge["nonce"]).hex()]
        command = [os.environ["SIWN_BIN"], "sign", "--account", ALICE, *signed, "--", challenge["message"]]
        token = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        return {"authToken": token, **more}

    def sign_in(self):
        answer = self.ask("POST", "/api/auth/verify-login", 200, json=self.proof(session="bearer"))
        return {"Authorization": f"Bearer {answer.json()['token']}"}


def a_login_by_cookie_from_its_challenge_to_the_logout(interface):
    proof = interface.proof()
    answer = interface.ask("POST", "/api/auth/verify-login", 200, json=proof)
    cookie = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
    interface.ask("GET", "/api/auth/session", 200, headers=cookie)
    interface.ask("POST", "/api/auth/verify-login", "challenge_used", json=proof)
    interface.ask("POST", "/api/auth/logout", 204, headers=cookie)
    interface.ask("GET", "/api/auth/session", "not_signed_in", headers=cookie)


def sessions_are_listed_and_ended(interface):
    first, second = interface.sign_in(), interface.sign_in()
    listed = interface.ask("GET", "/api/auth/sessions", 200, headers=first).json()["sessions"]
    assert len(listed) >= 2
    other = next(one["id"] for one in listed if not one["current"])
    interface.ask("DELETE", "/api/auth/sessions/{id}", 204, {"id": other}, headers=first)
    interface.ask("DELETE", "/api/auth/sessions/{id}", "session_unknown", {"id": other}, headers=first)
    interface.ask("GET", "/api/auth/session", "not_signed_in", headers=second)
    interface.ask("DELETE", "/api/auth/sessions", 204, headers=first)
    interface.ask("DELETE", "/api/auth/sessions", "origin_not_allowed", headers={**first, "Origin": "https://evil.example"})


def requests_that_no_schema_describes_are_refused_as_described(interface):
    initiate, verify = "/api/auth/initiate-login", "/api/auth/verify-login"
    for path in (initiate, verify, "/api/auth/logout"):
        interface.ask("POST", path, "not_json", data="{}", headers={"Content-Type": "text/plain"})
        interface.ask("POST", path, "too_large", json={"message": "x" * 70_000})
        interface.ask("POST", path, "malformed", json=[True, "a"])
        interface.ask("POST", path, "origin_not_allowed", json={}, headers={"Origin": "https://evil.example"})
        interface.ask("POST", path, "host_not_allowed", json={}, headers={"Host": "evil.example"})
    interface.ask("POST", initiate, "callback_url_unknown", json={"callbackUrl": "https://evil.example"})
    interface.ask("POST", verify, "browser_unknown", json={}, headers={"Sec-Fetch-Site": "same-origin"})
    interface.ask("GET", "/api/auth/session", "cookie_twice", headers={"Cookie": "siwn=a; siwn=b"})
    interface.ask("GET", "/api/auth/session", "malformed", headers={"Authorization": b"Bearer \xff"})


def operators_see_block_and_end(interface):
    ask = lambda method, path, expected, **names: interface.ask(method, path, expected, names, headers=interface.admin)  # noqa: E731
    alice = interface.sign_in()
    account = ask("GET", "/admin/accounts/{account}", 200, account=ALICE).json()
    assert account["sessions"] and not account["blocked"]
    ask("PUT", "/admin/accounts/{account}/keys/{key}", 204, account=ALICE, key=account["sessions"][0]["publicKey"])
    ask("DELETE", "/admin/sessions/{id}", 204, id=account["sessions"][0]["id"])
    ask("PUT", "/admin/accounts/{account}/block", 204, account=ALICE)
    interface.ask("GET", "/api/auth/session", "not_signed_in", headers=alice)
    interface.ask("POST", "/api/auth/verify-login", "account_blocked", json=interface.proof())
    ask("DELETE", "/admin/accounts/{account}/block", 204, account=ALICE)
    ask("DELETE", "/admin/accounts/{account}/sessions", 204, account=ALICE)
    ask("GET", "/admin/counts", 200)
    interface.ask("GET", "/admin/counts", "admin_token_refused")


def a_node_that_is_gone_is_503_and_no_refusal(interface, stop_node):
    alice, proof = interface.sign_in(), interface.proof()
    stop_node()
    interface.ask("POST", "/api/auth/verify-login", "chain_unavailable", json=proof)
    interface.ask("GET", "/api/auth/session", 200, headers=alice)
    interface.ask("GET", "/readyz", 503)


ALL = [
    a_login_by_cookie_from_its_challenge_to_the_logout,
    sessions_are_listed_and_ended,
    requests_that_no_schema_describes_are_refused_as_described,
    operators_see_block_and_end,
]
