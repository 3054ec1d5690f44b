"""The document of the HTTP interface against an OpenAPI validator, and the running server against the document.

`fuzz.py BINARY` starts `siwn dev`, for its NEAR, and `siwn serve` beside it, without limits: it is asked thousands of times from one
address, and 429 would be all that is tested. Prints what it tried as TAP.
"""

import contextlib
import copy
import json
import os
import pathlib
import queue
import re
import socket
import subprocess
import sys
import tempfile
import threading
import traceback

import logins

HERE = pathlib.Path(__file__).parent
DOCUMENT = HERE.parent.parent / "crates/siwn-server/src/openapi.json"
ADMIN_TOKEN = "of-the-administration-" + "x" * 20
EXAMPLES = os.environ.get("SIWN_OPENAPI_EXAMPLES", "30")
# The same each time, so that a failure is not lost; any other number tries other requests.
SEED = os.environ.get("SIWN_OPENAPI_SEED", "1")


class Tap:
    """Counts, and prints one line each."""

    def __init__(self):
        self.passed = self.failed = 0

    def tell(self, name, is_good, words=""):
        self.passed, self.failed = self.passed + is_good, self.failed + (not is_good)
        print(f"{'ok' if is_good else 'not ok'} {self.passed + self.failed} - {name}", flush=True)
        if not is_good:
            print("\n".join(f"  {line}" for line in words.splitlines()), flush=True)

    def run(self, name, command, **options):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
        summary = re.search(r"^  \d+ generated.*$", done.stdout, re.MULTILINE)
        self.tell(name + (f":{summary[0]}" if summary else ""), done.returncode == 0, done.stdout + done.stderr)

    def try_it(self, test, *given):
        name = test.__name__.replace("_", " ")
        try:
            test(*given)
        except Exception:  # whatever it is, the others are tried, too
            self.tell(name, False, traceback.format_exc())
        else:
            self.tell(name, True)

    def end(self):
        print(f"1..{self.passed + self.failed}\n# pass {self.passed}\n# fail {self.failed}")
        sys.exit(self.failed != 0)


class Process:
    """A process that is ended with the block. What it says is read all the time: one that is not listened to stands still."""

    def __init__(self, command, settings):
        environment = {"PATH": os.environ["PATH"], **settings}
        self.started = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = queue.Queue()
        self.words = ""
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.started.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def heard(self, pattern):
        while not (found := re.search(pattern, self.words)):
            line = self.lines.get(timeout=30)
            if line is None:
                raise SystemExit(f"ended before it said {pattern}: {self.words}")
            self.words += line
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.started.terminate()
        self.started.wait()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def serve(node, port, admin_port):
    return {
        "SIWN_LISTEN": f"127.0.0.1:{port}",
        "SIWN_RECIPIENT": "localhost",
        "SIWN_NETWORK": "siwn-devnet",
        "SIWN_RPC": node,
        "SIWN_STORE": "memory:",
        # An outage of the node is felt at once.
        "SIWN_KEY_CACHE": "0s",
        "SIWN_INITIATE_LIMIT": "off",
        "SIWN_VERIFY_LIMIT": "off",
        "SIWN_ACCOUNT_LIMIT": "off",
        "SIWN_SESSIONS_LIMIT": "off",
        "SIWN_ADMIN_LISTEN": f"127.0.0.1:{admin_port}",
        "SIWN_ADMIN_TOKEN": ADMIN_TOKEN,
        "SIWN_LOG": "info",
    }


def on_plain_http(document):
    """The document with the cookie's name on plain http, as it says itself."""
    document = copy.deepcopy(document)
    document["components"]["securitySchemes"]["cookie"]["name"] = "siwn"
    return document


def fuzz(tap, name, document, url, more, environment):
    schemathesis = pathlib.Path(sys.executable).parent / "schemathesis"
    options = ["--url", url, "--checks", "all", "--max-examples", EXAMPLES, "--seed", SEED, "--no-color", *more]
    command = [schemathesis, "--config-file", HERE / "schemathesis.toml", "run", document, *options]
    tap.run(name, command, cwd=HERE, env={**os.environ, "PYTHONPATH": str(HERE), "FUZZED_URL": url, **environment})


def main():
    binary = os.path.abspath(sys.argv[1])
    tap = Tap()
    validator = pathlib.Path(sys.executable).parent / "openapi-spec-validator"
    tap.run("the document is valid OpenAPI", [validator, DOCUMENT])
    with contextlib.ExitStack() as stack:
        dev = stack.enter_context(Process([binary, "dev", "--listen", "127.0.0.1:0"], {}))
        url, key = dev.heard(r"(http://localhost:\d+)\n(?:.*\n)*?alice\.test\.near (\S+)\n").groups()
        port, admin_port = free_port(), free_port()
        server = stack.enter_context(Process([binary, "serve"], serve(f"{url}/_devnet/rpc", port, admin_port)))
        server.heard("listening")
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        document = folder / "openapi.json"
        document.write_text(json.dumps(on_plain_http(json.loads(DOCUMENT.read_text()))))
        url, admin_url = f"http://localhost:{port}", f"http://localhost:{admin_port}"
        of_alice = {"SIWN_BIN": binary, "SIWN_PRIVATE_KEY": key}
        own = ["--include-tag", "session", "--include-tag", "tokens"]
        people, administration = ["--exclude-path-regex", "^/admin/"], ["--include-path-regex", "^/admin/"]
        token = ["--header", f"Authorization:Bearer {ADMIN_TOKEN}"]
        fuzz(tap, "nobody", document, url, people, {})
        fuzz(tap, "alice, with a bearer token", document, url, own, {**of_alice, "FUZZED_AS": "bearer"})
        fuzz(tap, "alice, with a cookie", document, url, own, {**of_alice, "FUZZED_AS": "cookie"})
        fuzz(tap, "the administration, without its token", document, admin_url, administration, {})
        fuzz(tap, "the administration, with its token", document, admin_url, [*administration, *token], {})
        os.environ.update(of_alice)
        interface = logins.Interface(document, url, admin_url, ADMIN_TOKEN)
        for test in logins.ALL:
            tap.try_it(test, interface)
        tap.try_it(logins.a_node_that_is_gone_is_503_and_no_refusal, interface, dev.stop)
    tap.end()


main()
