#!/usr/bin/env python3
"""What the pages say holds: links lead somewhere, code is code, commands are there, what is generated is up to date.

Prints a line for each page, and each fault with its place. Needs the binary (SIWN_BIN, or target/debug/siwn) and Node."""

import sys

import binary
import code
import generated
import links
import run
import shell
from pages import ROOT, Page, files


def main():
    siwn = binary.built()
    passed = failed = 0
    for path in sorted(path for path in files() if path.suffix == ".md"):
        page = Page.read(path)
        faults = sorted(of_page(page, siwn))
        passed, failed = passed + (not faults), failed + bool(faults)
        if faults:
            print(f"not ok {page.name}")
        for line, problem in faults:
            print(f"  {page.name}:{line}: {problem}")
    print(f"# pass {passed}\n# fail {failed}")
    return failed != 0


def of_page(page, siwn):
    yield from links.faults(page)
    yield from code.faults(page, siwn)
    yield from shell.span_problems(page, siwn)
    yield from generated.faults(page, siwn)
    yield from run.faults(page, siwn)
    if page.path == ROOT / "docs/SUMMARY.md":
        yield from links.contents_faults(ROOT)


if __name__ == "__main__":
    sys.exit(main())
