"""Code that a page shows is code: compiled elsewhere, read by siwn, or at least by its language."""

import ast
import json
import re
import subprocess
import tempfile
import tomllib
from functools import cache
from pathlib import Path

import shell
from pages import ROOT, files

# What no tool here reads has to stand in a file of the repository, which something else tries.
QUOTED = {"rust", "go", "nginx", "caddy", "caddyfile", "yaml", "ini", "dockerfile", "sql"}
FREE = {"", "text", "mermaid"}
CARGO = {"package", "dependencies", "dev-dependencies", "features", "profile", "workspace", "target", "build", "patch"}
ELLIPSIS = re.compile(r"^\s*(//|#|--)?\s*…\s*$")
TYPESCRIPT = ROOT / "clients/web/node_modules/typescript"


def faults(page, siwn):
    for block in page.blocks:
        for problem in problems(page, block, siwn):
            yield block.line, problem
        if block.source and not from_file(block):
            yield block.line, f"this does not stand so in {block.source}"


def problems(page, block, siwn):
    language = block.language.lower()
    if language in FREE:
        return
    if language in QUOTED:
        if not (language == "rust" and is_doctest(page.path)) and not quoted(block.text, language):
            yield f"this {language} stands in no file of the repository, so nothing tries it"
    elif language in ("sh", "bash", "console"):
        yield from shell.problems(block.text, siwn, language == "console")
    elif language == "toml":
        yield from toml(block.text, siwn)
    elif language in ("json", "jsonl"):
        yield from each_json(block.text, language)
    elif language in ("python", "py"):
        yield from python(block.text)
    elif language in ("js", "javascript", "mjs", "jsx", "ts", "typescript", "tsx"):
        yield from javascript(block.text, language)
    elif language == "html":
        for script in re.findall(r"<script[^>]*>(.+?)</script>", block.text, re.S):
            yield from javascript(script, "js")
    else:
        yield f"nothing here reads {language}"


def toml(text, siwn):
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        yield str(error)
        return
    if not CARGO & set(tables):
        yield from siwn.config_check(text, tables)


def each_json(text, language):
    for part in text.splitlines() if language == "jsonl" else [text]:
        try:
            json.loads(part)
        except json.JSONDecodeError as error:
            yield str(error)


def python(text):
    try:
        compile(text, "page", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
    except SyntaxError as error:
        yield str(error)


READ_TYPESCRIPT = """
const ts = require(process.argv[1]);
const options = { fileName: process.argv[2], reportDiagnostics: true, compilerOptions: { jsx: "preserve", target: "esnext", module: "esnext" } };
const { diagnostics } = ts.transpileModule(require("node:fs").readFileSync(0, "utf8"), options);
for (const { messageText } of diagnostics) console.error(ts.flattenDiagnosticMessageText(messageText, " "));
process.exitCode = diagnostics.length ? 1 : 0;
"""


def javascript(text, language):
    """Read by Node where it is JavaScript; by TypeScript, which the package for browsers has, where it is more."""
    if language in ("js", "javascript", "mjs"):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "page.mjs"
            file.write_text(text, encoding="utf-8")
            read = subprocess.run(["node", "--check", file], capture_output=True, text=True)
    elif not TYPESCRIPT.is_dir():
        yield f"to read {language}, run `npm ci` in clients/web first"
        return
    else:
        command = ["node", "-e", READ_TYPESCRIPT, str(TYPESCRIPT), f"page.{'tsx' if language in ('jsx', 'tsx') else 'ts'}"]
        read = subprocess.run(command, input=text, capture_output=True, text=True)
    if read.returncode != 0:
        told = [line for line in read.stderr.splitlines() if "Error" in line] or read.stderr.splitlines() or ["no reason"]
        yield told[0]


@cache
def sources(language):
    """The files that a quotation may come from."""
    found = []
    for path in files():
        if path.suffix == ".md" or language == "rust" and path.suffix != ".rs":
            continue
        try:
            found.append(plain(path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def from_file(block):
    path = ROOT / block.source
    return path.is_file() and stands_in(block.text, [plain(path.read_text(encoding="utf-8"))])


def plain(text):
    """The lines without indentation, and without those that are blank."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def quoted(text, language):
    return stands_in(text, sources(language))


def stands_in(text, sources):
    """Whether the lines stand so in one of the texts; `…` on a line of its own leaves some out."""
    parts, part = [], []
    for line in [*text.splitlines(), "…"]:
        if ELLIPSIS.match(line):
            parts.append(plain("\n".join(part)))
            part = []
        else:
            part.append(line)
    parts = [part for part in parts if part]
    return any(all(part in source for part in parts) for source in sources)


@cache
def doctests():
    """The pages that a crate has for its documentation, whose code its tests compile."""
    found = set()
    for path in files():
        if path.suffix == ".rs":
            for name in re.findall(r'#!?\[doc = include_str!\("([^"]+)"\)\]', path.read_text(encoding="utf-8")):
                found.add((path.parent / name).resolve())
    return found


def is_doctest(path):
    return path.resolve() in doctests()
