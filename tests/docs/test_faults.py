"""Each fault that a page can have is found where it is planted, and a page without one has none."""

import tempfile
import unittest
from pathlib import Path

import binary
import check
import generated
import links
from pages import ROOT, Page

GOOD = """# A page

See [the other](other.md#what-it-does), [above](#a-page) and `docs/other.md`; `siwn config check --config FILE` reads `SIWN_STORE`.

```toml
store = "memory:"
account_rules = "/etc/siwn/accounts"
```

```json
{"success": false}
```

```sh
TOKEN=$(siwn sign "hello" --account alice.near --recipient app.example --key-file alice.json)
echo "$TOKEN" | siwn verify - --recipient=app.example --offline   # all of it
cargo run --release -- dev --listen 127.0.0.1:8081
```

```js
const { accountId } = await signIn(wallet);
```

```python
session = await client.get("/api/auth/session")
```

```rust
fn main() -> ExitCode {
// …
}
```
"""

RUNS = """# A page

<!-- run -->

```console
$ siwn keygen --out alice.json
…
$ siwn sign "hello" --account alice.near --recipient app.example --key-file alice.json >token
$ siwn verify - --recipient app.example --offline <token
{
  "valid": true,
…
  "message": "hello"
}
```

<!-- run with dev -->

```sh
SIWN_PRIVATE_KEY=ed25519:… siwn login http://localhost:8080 --account alice.test.near
```
"""

FAULTS = {
    "a link to no file": ("[x](nowhere.md)", "no such file"),
    "a link out of the repository": ("[x](../../../etc/passwd)", "no such file"),
    "a link to no heading": ("[x](other.md#nothing)", "no such heading"),
    "a link to no heading of the page": ("[x](#nothing)", "no such heading"),
    "a reference to no file": ("[x]\n\n[x]: nowhere.md", "no such file"),
    "a picture that is not there": ("![x](nowhere.png)", "no such file"),
    "a path that is not there": ("`crates/nowhere.rs`", "no such file"),
    "a command that is not there": ("`siwn logon URL`", "no command logon"),
    "a flag that is not there": ("```sh\nsiwn verify TOKEN --recipent app.example\n```", "no --recipent"),
    "a flag behind a pipe": ("```sh\ncat token | siwn verify - --offlin\n```", "no --offlin"),
    "a flag within another command": ('```sh\necho "$(siwn keygen --typ ed25519)"\n```', "no --typ"),
    "a flag in a transcript": ("```console\n$ siwn keygen --typ ed25519\n{}\n```", "no --typ"),
    "a variable that nothing reads": ("`SIWN_STOER`", "nothing reads SIWN_STOER"),
    "a variable before a command": ("```sh\nSIWN_STOER=memory: siwn serve\n```", "nothing reads SIWN_STOER"),
    "a script that is not there": ("```sh\nscripts/tset\n```", "no such file"),
    "a program that nobody has": ("```sh\nswin serve\n```", "not known"),
    "a benchmark that is not there": ("```sh\ncargo bench -p siwn --bench nothing\n```", "has no nothing"),
    "an npm script that is not there": ("```sh\nnpm run biuld\n```", "no package.json"),
    "a setting that is not there": ('```toml\nstoer = "memory:"\n```', "stoer"),
    "a setting that cannot be": ('```toml\nsession_ttl = "7"\n```', "session_ttl"),
    "toml that is none": ("```toml\nstore = memory\n```", "Invalid value"),
    "json that is none": ("```json\n{success: false}\n```", "property name"),
    "javascript that is none": ("```js\nconst = 1;\n```", "SyntaxError"),
    "javascript in a page that is none": ("```html\n<script>const = 1;</script>\n```", "SyntaxError"),
    "python that is none": ("```python\ndef f(:\n```", "invalid syntax"),
    "rust that nothing compiles": ("```rust\nfn nobody_compiles_this() {}\n```", "nothing tries it"),
    "a configuration that nothing tries": ("```nginx\nlocation / { nobody_tries_this; }\n```", "nothing tries it"),
    "code that is not that of its file": ("<!-- from scripts/docs -->\n```js\nconst other = 1;\n```", "does not stand so"),
    "code of a file that is not there": ("<!-- from scripts/dosc -->\n```js\nconst other = 1;\n```", "does not stand so"),
    "a command that fails": ("<!-- run -->\n```sh\nsiwn inspect junk\n```", "ended with 1"),
    "a command that prints something else": ("<!-- run -->\n```console\n$ siwn -V\nsiwn 0.0.…\n```", "printed: siwn"),
    "a login that fails": (
        "<!-- run with dev -->\n```sh\nSIWN_PRIVATE_KEY=ed25519:… siwn login http://localhost:8080 --account bob.test.near\n```",
        "ended with 1",
    ),
    "a language that nothing reads": ("```cobol\nDISPLAY 1.\n```", "nothing here reads cobol"),
}


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.siwn = binary.built()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("docs/other.md", "# Other\n\n## What it does\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return Page.read(path, self.root)

    def test_a_good_page_has_no_fault(self):
        for text in (GOOD, RUNS):
            self.assertEqual(list(check.of_page(self.write("docs/page.md", text), self.siwn)), [])

    def test_each_fault_is_found_in_its_line(self):
        for name, (text, told) in FAULTS.items():
            with self.subTest(name):
                found = list(check.of_page(self.write("docs/page.md", f"{GOOD}\n{text}\n"), self.siwn))
                self.assertEqual(len(found), 1, found)
                line, problem = found[0]
                self.assertGreater(line, GOOD.count("\n"))
                self.assertIn(told, problem)

    def test_a_page_that_is_not_in_the_book_is_found(self):
        self.write("docs/SUMMARY.md", "# Summary\n\n- [Other](other.md)\n")
        self.assertEqual(list(links.contents_faults(self.root)), [])
        self.write("docs/page.md", GOOD)
        self.assertEqual([problem for _, problem in links.contents_faults(self.root)], ["page.md stands in the book 0 times"])

    def test_what_is_generated_and_then_changed_is_found(self):
        changes = {
            "docs/configuration.md": ("| `rpc_timeout` |", "| `rpc_time` |"),
            "docs/http.md": ("| 200 |", "| 201 |"),
            "docs/troubleshooting.md": ("\n> ", "\n> Dear "),
        }
        for name, (text, other) in changes.items():
            with self.subTest(name):
                page = Page.read(ROOT / name)
                self.assertEqual(list(generated.faults(page, self.siwn)), [])
                page.text = page.text.replace(text, other, 1)
                self.assertEqual(len(list(generated.faults(page, self.siwn))), 1)

    def test_a_code_without_a_section_is_found(self):
        page = Page.read(ROOT / "docs/troubleshooting.md")
        page.text = page.text.replace("### `challenge_used`", "### `challenge_spent`")
        found = [problem for _, problem in generated.faults(page, self.siwn)]
        self.assertIn("`challenge_used` has no section", found)
        self.assertIn("`challenge_spent` is no code", found)


if __name__ == "__main__":
    unittest.main()
