"""Everything that a page names is there: files, anchors, chapters."""

import re
from urllib.parse import unquote

from pages import Page

PATH = re.compile(r"(?:crates|docs|tests|clients|scripts|deploy|examples|fuzz)/[\w./@-]*[\w/]")


def faults(page):
    for line, target in page.links:
        problem = broken(page, target)
        if problem:
            yield line, problem
    for line, code in page.spans:
        if PATH.fullmatch(code) and not named(page.root, code):
            yield line, f"`{code}`: there is no such file"


def broken(page, target):
    """Why a link leads nowhere. Addresses of others are not looked at."""
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    path, _, anchor = target.partition("#")
    if path.startswith("/"):
        return f"{target}: a link within the repository is relative"
    file = (page.path.parent / unquote(path)).resolve() if path else page.path
    if not file.is_relative_to(page.root.resolve()) or not file.exists():
        return f"{target}: there is no such file"
    if anchor and file.suffix == ".md":
        there = page if file == page.path else Page.read(file, page.root)
        if unquote(anchor) not in there.anchors:
            return f"{target}: there is no such heading"
    return None


def named(root, path):
    """Whether there is such a file; a Rust module and a test go without their ending."""
    return any((root / (path + ending)).exists() for ending in ("", ".rs", ".py", ".js"))


def contents_faults(root):
    """The book has each page of docs/ once."""
    summary = Page.read(root / "docs/SUMMARY.md", root)
    listed = [target.partition("#")[0] for _, target in summary.links]
    for page in sorted((root / "docs").rglob("*.md")):
        name = str(page.relative_to(root / "docs"))
        if name != "SUMMARY.md" and listed.count(name) != 1:
            yield 1, f"{name} stands in the book {listed.count(name)} times"
