"""The binary: what its help knows, and what it says of a configuration."""

import os
import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from pages import ROOT

# Files that a configuration names: what stands in one, so that it can be read.
NAMED_FILES = {
    "secret_file": "5e0f" * 16 + "\n",
    "admin_token_file": "a-token-of-more-than-thirty-two-characters\n",
    "account_rules": "allow alice.near\n",
    "wallets": '{"wallets": []}\n',
    "login_logo": '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    "login_style": ".siwn { padding: 0 }\n",
    "login_template": "<head>{{head}}</head>{{login}}\n",
}
REQUIRED = {"recipient": "app.example", "public_url": "https://app.example"}


class Siwn:
    def __init__(self, path):
        self.path = str(path)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SIWN_")}
        self.environment = {**environment, "NO_COLOR": "1"}

    def run(self, *arguments, **options):
        return subprocess.run([self.path, *arguments], capture_output=True, text=True, env=self.environment, **options)

    @cache
    def help(self, command):
        """The subcommands and the flags of a command, by its words."""
        text = self.run(*command, "--help").stdout
        _, _, listed = text.partition("\nCommands:\n")
        commands = re.findall(r"^  ([a-z][a-z-]*)  ", listed.partition("\n\n")[0], re.M)
        flags = re.findall(r"(?:^ +|, )(--?[A-Za-z][\w-]*)", text, re.M)
        values = re.findall(r"^ +(?:-\w, )?(--[\w-]+)[ =]<", text, re.M)
        aliases = re.findall(r"--[\w-]+", " ".join(re.findall(r"\[aliases: ([^\]]*)\]", text)))
        return commands, set(flags) | set(aliases), set(values) | set(aliases)

    def problems(self, arguments):
        """What of these words the binary does not know."""
        command = ()
        for word in arguments:
            if word.startswith("-") or word not in self.help(command)[0]:
                break
            command += (word,)
        commands, flags, values = self.help(command)
        rest = arguments[len(command) :]
        if commands and rest and not rest[0].startswith(("-", "…")):
            yield f"siwn {' '.join(command)}: there is no command {rest[0]}"
        skip = False
        for word in rest:
            flag = word.partition("=")[0]
            if not skip and re.match(r"--?[A-Za-z]", word) and flag not in flags:
                yield f"siwn {' '.join(command)}: there is no {flag}"
            skip = not skip and word in values

    def config_check(self, text, tables):
        """The faults of a configuration, or of a part of one, with what it needs and does not show."""
        missing = [] if "sites" in tables else [name for name in REQUIRED if name not in tables]
        with tempfile.TemporaryDirectory() as folder:
            text = "".join(f'{name} = "{REQUIRED[name]}"\n' for name in missing) + text
            for name, content in NAMED_FILES.items():
                file = Path(folder) / name
                file.write_text(content)
                text = re.sub(rf'^{name}\s*=\s*"[^"]*"', f'{name} = "{file}"', text, flags=re.M)
            file = Path(folder) / "siwn.toml"
            file.write_text(text)
            checked = self.run("config", "check", "--config", str(file))
            if checked.returncode != 0:
                yield f"siwn config check: {checked.stderr.replace(folder, '').strip()}"


def built():
    """The binary that the tests build, or the one that is named."""
    return Siwn(os.environ.get("SIWN_BIN", ROOT / "target/debug/siwn"))
