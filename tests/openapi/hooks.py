"""Who asks, while the server is fuzzed: nobody, or alice.test.near by a bearer token or by a cookie.

Her session is opened anew whenever a request has ended it."""

import json
import os
import subprocess
import urllib.request

import schemathesis

URL = os.environ.get("FUZZED_URL", "")
WHO = os.environ.get("FUZZED_AS", "nobody")
ENDING = ("logout", "endSession")


def sign_in():
    """The bearer token of a new session."""
    login = [os.environ["SIWN_BIN"], "login", URL, "--account", "alice.test.near"]
    answer = subprocess.run(login, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)["token"]


def is_alive(headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{URL}/api/auth/session", headers=headers)) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


def headers_of(token):
    # The cookie's value is the token without the mark of the bearer form.
    return {"Authorization": f"Bearer {token}"} if WHO == "bearer" else {"Cookie": f"siwn={token.removeprefix('siwn_')}"}


if WHO in ("bearer", "cookie"):

    @schemathesis.auth(refresh_interval=None)
    class Session:
        kept = None

        def get(self, case, ctx):
            if Session.kept is None:
                Session.kept = headers_of(sign_in())
                assert is_alive(Session.kept), "who has just signed in is signed in"
            return Session.kept

        def set(self, case, data, ctx):
            case.headers = {**(case.headers or {}), **data}

    @schemathesis.hook
    def after_call(context, case, response):
        if case.operation.definition.raw.get("operationId") in ENDING and response.status_code == 204:
            Session.kept = None
