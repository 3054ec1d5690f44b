"""What a Markdown page is made of: headings, links, code."""

import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The faults that are planted for this check itself are nothing that a page can lean on.
PLANTED = Path(__file__).resolve().with_name("test_faults.py")

FENCE = re.compile(r"^( *)(`{3,})([\w+-]*)(.*)$")
MARK = re.compile(r"^<!-- (?:run(?P<run>| with dev)|from (?P<source>\S+)) -->$")
SPAN = re.compile(r"(`+)(.+?)\1", re.S)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.M)
HTML = re.compile(r"""<(?:a|img)\s[^>]*?(?:href|src)=["']([^"']+)["']""")
ANCHOR = re.compile(r"""<a\s[^>]*?(?:id|name)=["']([^"']+)["']""")
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$", re.M)


def files():
    """Every file of the repository, as git knows them, new ones included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file() and ROOT / name != PLANTED]


@dataclass
class Block:
    """Code between fences."""

    line: int
    language: str
    text: str
    # What the comment above it asks for: "" to run it, " with dev" to run it beside `siwn dev`, None for neither.
    run: str | None = None
    # The file that it is a part of, where the comment above it names one.
    source: str | None = None


@dataclass
class Page:
    """A page, and where it is."""

    path: Path
    text: str
    root: Path = field(default=ROOT)

    @classmethod
    def read(cls, path, root=ROOT):
        return cls(path, path.read_text(encoding="utf-8"), root)

    @property
    def name(self):
        return str(self.path.relative_to(self.root))

    @cached_property
    def parts(self):
        """The blocks, and the lines that are in none of them, with nothing in the place of the others."""
        blocks, prose, block, fence, above = [], [], None, "", ""
        for number, line in enumerate(self.text.split("\n"), 1):
            opened = FENCE.match(line)
            if block is None and opened:
                mark = MARK.match(above.strip())
                block = Block(number, opened[3], "", **(mark.groupdict() if mark else {}))
                indent, fence = len(opened[1]), opened[2]
            elif block is not None and line.strip() == fence:
                blocks.append(block)
                block = None
            elif block is not None:
                block.text += (line[indent:] if line[:indent].isspace() else line) + "\n"
            inside = block is not None or line.strip() == fence and bool(fence)
            prose.append("" if inside else line)
            above = line if line.strip() else above
        if block is not None:
            blocks.append(Block(block.line, "", ""))
        return blocks, "\n".join(prose)

    @property
    def blocks(self):
        return self.parts[0]

    @property
    def prose(self):
        return self.parts[1]

    def line_of(self, offset):
        """The line that an offset in the prose is in."""
        return self.prose.count("\n", 0, offset) + 1

    @cached_property
    def spans(self):
        """The code within the text, with its lines."""
        found = SPAN.finditer(self.prose)
        return [(self.line_of(span.start()), " ".join(span[2].split())) for span in found]

    @cached_property
    def links(self):
        """Where the links and the pictures lead, with their lines."""
        text = SPAN.sub(lambda span: re.sub(r"[^\n]", " ", span[0]), self.prose)
        found = [match for pattern in (LINK, REFERENCE, HTML) for match in pattern.finditer(text)]
        return [(self.line_of(match.start()), match[1]) for match in found]

    @cached_property
    def anchors(self):
        """What a link can name behind `#`."""
        found = set(ANCHOR.findall(self.prose))
        for heading in HEADING.finditer(self.prose):
            text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading[2])
            slug = re.sub(r"[^\w\- ]", "", text.replace("`", "").lower()).replace(" ", "-")
            count, unique = 0, slug
            while unique in found:
                count += 1
                unique = f"{slug}-{count}"
            found.add(unique)
        return found
