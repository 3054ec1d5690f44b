"""Commands that a page shows are there, with these flags."""

import json
import re
import shlex
from functools import cache

from pages import ROOT, files

# What a machine has anyway, or what the page says to install.
OTHERS = set(
    "apt-get caddy cargo-deb cat cd chmod chown cp createdb createuser curl dig docker dpkg echo env export file git grep head "
    "install journalctl jq kill ln ls mdbook mkdir mktemp mv near nginx node npm npx openssl pip podman psql pg_dump python3 "
    "redis-cli rm set sleep sort sqlite3 su sudo systemctl systemd-analyze systemd-creds tail tar taskset test time touch "
    "trap useradd usermod wait xargs".split()
)
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
SEPARATORS = {"|", "||", "&", "&&", ";", ";;", "(", ")", "\n"}


def problems(text, siwn, console=False):
    for command in commands(text, console):
        yield from of_command(command, siwn)


def span_problems(page, siwn):
    """The same for what stands between the lines: `siwn …`, `cargo …`, and each variable of ours."""
    for line, code in page.spans:
        for name in re.findall(r"\bSIWN_[A-Z][A-Z0-9_]*", code):
            if name not in variables() and not name.endswith("_"):
                yield line, f"`{code}`: nothing reads {name}"
        if re.match(r"(siwn|cargo (run|test|bench|install)|scripts/[\w-]+|[A-Z_]+=\S+ siwn)( |$)", code) and "://…" not in code:
            for problem in problems(code, siwn):
                yield line, problem


def commands(text, console):
    """The simple commands of a script, each as its words. In a transcript, those behind `$ `."""
    if console:
        lines, going_on = [], False
        for line in text.splitlines():
            if line.startswith("$ ") or going_on:
                lines.append(line.removeprefix("$ "))
                going_on = line.endswith("\\")
        text = "\n".join(lines)
    text = re.sub(r"<<-?\s*'?(\w+)'?(.*)\n(?:.*\n)*?\s*\1\n", r"\2\n", text + "\n")
    # A synopsis: what stands in brackets may be left out.
    text = re.sub(r"\[(--[^\]]*)\](\.\.\.)?", lambda option: option[1].partition("|")[0], text)
    # What is put in place of `$(…)` is a command, too.
    inner = re.findall(r"\$\(([^()]*)\)", text)
    for part in [re.sub(r"\$\([^()]*\)", "SUBSTITUTED", text), *inner]:
        yield from simple(part.replace("\\\n", " "))


def simple(text):
    command = []
    for line in text.split("\n"):
        words = shlex.shlex(line, posix=True, punctuation_chars="();|&")
        words.whitespace_split, words.commenters = True, "#"
        for word in [*words, "\n"]:
            if word in SEPARATORS:
                if command:
                    yield command
                command = []
            else:
                command.append(word)


def of_command(words, siwn):
    while words and (VARIABLE.match(words[0]) or words[0] in ("sudo", "env", "export", "time", "exec", "if", "!", "then")):
        name = words[0].partition("=")[0]
        if name.startswith("SIWN_") and name not in variables():
            yield f"nothing reads {name}"
        words = words[1:]
    words = [word for word in words if not re.match(r"\d?[<>]", word)]
    if not words:
        return
    program, arguments = words[0], words[1:]
    if program.rpartition("/")[2] == "siwn":
        yield from siwn.problems(arguments)
    elif program == "cargo":
        yield from of_cargo(arguments, siwn)
    elif program == "npm" and arguments[:1] == ["run"]:
        if arguments[1] not in npm_scripts():
            yield f"npm run {arguments[1]}: no package.json has it"
    elif "/" in program and not program.startswith(("/", "~", "$")):
        if not (ROOT / program).exists() and not program.startswith("target/"):
            yield f"{program}: there is no such file"
    elif program not in OTHERS and not program.startswith(("/", "~", "$")):
        yield f"{program}: not known to be a command"


def of_cargo(arguments, siwn):
    ours, _, rest = " ".join(arguments).partition(" -- ")
    named = dict(re.findall(r"(-p|--package|--bench|--test|--example|--path|--manifest-path|--bin)[ =](\S+)", ours))
    package = named.get("-p", named.get("--package", "siwn-cli"))
    for flag, name in named.items():
        where = {"--bench": "benches", "--test": "tests", "--example": "examples"}.get(flag)
        if where:
            places = [place for root in ("crates", "examples") for place in ROOT.glob(f"{root}/{package}/{where}/{name}*")]
            if not places:
                yield f"cargo {ours}: {package} has no {name} in {where}"
        # Seen from a folder beside this one, too.
        elif flag in ("--path", "--manifest-path") and not (ROOT / name.removeprefix("../siwn/")).exists():
            yield f"cargo {ours}: there is no {name}"
        elif flag in ("-p", "--package") and name not in packages():
            yield f"cargo {ours}: no package is called {name}"
    if arguments[0] == "run" and rest and package == "siwn-cli":
        yield from siwn.problems(shlex.split(rest))


@cache
def packages():
    found = (re.search(r'^name = "([^"]+)"', path.read_text(), re.M) for path in files() if path.name == "Cargo.toml")
    return {name[1] for name in found if name}


@cache
def npm_scripts():
    found = [json.loads(path.read_text()) for path in files() if path.name == "package.json"]
    return {name for package in found for name in package.get("scripts", {})}


@cache
def variables():
    """Every variable that some code reads: by its name, or as a setting."""
    found = set()
    for path in files():
        if path.suffix in (".rs", ".js", ".mjs", ".ts", ".py", ".go", ".html", ".json") or path.parent.name == "scripts":
            text = path.read_text(encoding="utf-8", errors="ignore")
            found |= set(re.findall(r"\bSIWN_[A-Z][A-Z0-9_]*", text))
    settings = (ROOT / "crates/siwn-server/src/config/setting.rs").read_text()
    names = re.findall(r'(?:setting|secret)\(\s*"([a-z_]+)"', settings)
    return found | {f"SIWN_{name.upper()}" for name in names}
