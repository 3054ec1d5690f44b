"""The book's pages lead to each other, wherever their sources lie."""

import json
import subprocess
import unittest

from pages import ROOT

OUTSIDE = "[a threat](docs/web.md#the-client), [its test](crates/siwn/tests/login), [a picture](docs/login-page.png)"
INSIDE = "[threats](../SECURITY.md#threats), [this](#here), [other](https://app.example), [code](../crates/siwn/src/login.rs)\n```\n[x](y.md)\n```"


def chapter(path, content):
    return {"Chapter": {"name": path, "content": content, "path": path, "sub_items": []}}


class Book(unittest.TestCase):
    def test_links_hold_in_the_book_and_those_to_code_are_its_name(self):
        pages = [chapter("../SECURITY.md", OUTSIDE), "Separator", chapter("web.md", INSIDE), chapter("screens/a.md", "[up](../web.md)")]
        given = json.dumps([{}, {"items": pages}])
        made = subprocess.run([ROOT / "scripts/book"], input=given, capture_output=True, text=True, check=True).stdout
        found = {item["Chapter"]["path"]: item["Chapter"]["content"] for item in json.loads(made)["items"] if item != "Separator"}
        self.assertEqual(
            found,
            {
                "SECURITY.md": "[a threat](web.md#the-client), its test (`crates/siwn/tests/login`), [a picture](login-page.png)",
                "web.md": "[threats](SECURITY.md#threats), [this](#here), [other](https://app.example), "
                "code (`crates/siwn/src/login.rs`)\n```\n[x](y.md)\n```",
                "screens/a.md": "[up](../web.md)",
            },
        )

    def test_it_is_known_to_mdbook_as_a_preprocessor(self):
        self.assertEqual(subprocess.run([ROOT / "scripts/book", "supports", "html"]).returncode, 0)


if __name__ == "__main__":
    unittest.main()
