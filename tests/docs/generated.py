#!/usr/bin/env python3
"""What in the pages is generated: the table of settings, of the binary; the HTTP reference, of the OpenAPI document; what people see of each
code, of the login page and of the list of errors.

`generated.py --write` writes all of it anew."""

import json
import re
import sys

import binary
from pages import ROOT

PAGES = ROOT / "crates/siwn-server/src/pages"
SECTION = re.compile(r"^(### `(\w+)`\n)\n(?:> .*\n\n)?", re.M)
REQUEST_ID = "X-Request-Id"
METHODS = ("get", "put", "post", "delete")
OPENAPI = ROOT / "crates/siwn-server/src/openapi.json"
AGAIN = "scripts/docs writes it anew"
SETTINGS = "| File | Variable | Flag |"

INTRODUCTION = """\
# HTTP reference

Every route, as [the OpenAPI document](../crates/siwn-server/src/openapi.json) has it, which a server hands out at `/api/openapi.json`. This
page is generated from it.

- Bodies are JSON, `Content-Type: application/json`, at most 64 KiB. Members that are not known are ignored.
- Every 4xx and 5xx of the login has the shape of [Problem](#problem); [errors.md](errors.md) has the codes, and
  [troubleshooting.md](troubleshooting.md) what to do about each.
- Every answer has an `X-Request-Id`, under which the server's log has the request.
- Times are texts in UTC, as in `2026-11-20T12:30:00Z`.
- Answers of `/api/auth/*` are never kept by a cache (`Cache-Control: no-store`), but for the scripts.
- With several sites ([configuration.md](configuration.md#several-sites)) the paths lie under the path of each site's own address.
"""


def faults(page, siwn):
    if page.path == ROOT / "docs/configuration.md" and settings(page.text, siwn) != page.text:
        yield 1, f"the table of settings is not that of `siwn config reference`; {AGAIN}"
    if page.path == ROOT / "docs/troubleshooting.md":
        here, there = [code for _, code in SECTION.findall(page.text)], list(messages())
        yield from ((1, f"`{code}` has no section") for code in there if code not in here)
        yield from ((1, f"`{code}` is no code") for code in here if code not in there)
        if troubleshooting(page.text) != page.text:
            yield 1, f"what people see is another text; {AGAIN}"
    if page.path == ROOT / "docs/http.md" and http() != page.text:
        yield 1, f"this is not what {OPENAPI.name} says; {AGAIN}"


def settings(text, siwn):
    """The page with the binary's table in the place of its own."""
    before, _, rest = text.partition(SETTINGS)
    _, _, after = rest.partition("\n\n")
    return f"{before}{siwn.run('config', 'reference').stdout}\n{after}"


def messages():
    """What people see of each code: the login page's text, or else the answer's."""
    listed = dict(re.findall(r"^\| \d+ \| `(\w+)` \| (.*) \|$", (ROOT / "docs/errors.md").read_text(encoding="utf-8"), re.M))
    texts = json.loads((PAGES / "texts/en.json").read_text(encoding="utf-8"))
    shown = re.findall(r"^  (why_\w+): \[([^\]]*)\]", (PAGES / "files/server.js").read_text(encoding="utf-8"), re.M)
    on_page = {code: texts[why] for why, codes in shown for code in re.findall(r'"(\w+)"', codes)}
    return {**listed, **on_page}


def troubleshooting(text):
    """The page with the texts of today."""
    known = messages()
    return SECTION.sub(lambda found: f"{found[1]}\n> {known.get(found[2], '')}\n\n", text)


def http():
    document = json.loads(OPENAPI.read_text(encoding="utf-8"))
    parts = [INTRODUCTION]
    operations = [(path, *one) for path, methods in document["paths"].items() for one in methods.items() if one[0] in METHODS]
    for tag in document["tags"]:
        parts.append(f"## Routes: {tag['name']}\n\n{tag['description']}\n")
        parts += [operation(document, *one) for one in operations if one[2]["tags"] == [tag["name"]]]
    parts.append("## Objects\n")
    parts += [schema(document, name, one) for name, one in document["components"]["schemas"].items()]
    return "\n".join(parts)


def operation(document, path, method, one):
    lines = [f"### {method.upper()} {path}\n", f"{one['summary']}. {one.get('description', '')}".strip() + "\n"]
    ways = [{"cookie": "the session's cookie", "bearer": "its bearer token"}.get(*way, ", ".join(way)) for way in one.get("security", []) if way]
    if ways:
        lines.append(f"Takes {' or '.join(ways)}{', or neither' if {} in one['security'] else ''}.\n")
    parameters = [resolved(document, parameter) for parameter in one.get("parameters", [])]
    if parameters:
        lines += ["| Parameter | In | Type | Meaning |", "|---|---|---|---|"]
        for parameter in parameters:
            need = "" if parameter.get("required") else ", optional"
            lines.append(
                f"| `{parameter['name']}` | {parameter['in']}{need} | {kind(parameter['schema'])} | {cell(parameter.get('description'))} |"
            )
        lines.append("")
    body = resolved(document, one.get("requestBody", {}))
    if body:
        lines.append(f"Body: {content(body)}{'' if body.get('required') else ', or none'}.\n")
    known = messages()
    lines += ["| Status | Body | Meaning |", "|---|---|---|"]
    for status, answer in one["responses"].items():
        answer = resolved(document, answer)
        named = {name: resolved(document, header) for name, header in answer.get("headers", {}).items() if name != REQUEST_ID}
        headers = "".join(f" `{name}`: {header['description']}" for name, header in named.items() if "description" in header)
        meaning = re.sub(r"`(\w+)`", lambda code: f"[{code[0]}](troubleshooting.md#{code[1]})" if code[1] in known else code[0], answer["description"])
        lines.append(f"| {status} | {content(answer) or '–'} | {cell(meaning.rstrip('.'))}.{cell(headers)} |")
    return "\n".join(lines) + "\n"


def content(part):
    return " or ".join(kind(media.get("schema", {}), name) for name, media in part.get("content", {}).items())


def schema(document, name, one):
    lines = [f"### {name}\n"]
    if "description" in one:
        lines.append(f"{one['description']}\n")
    lines += ["| Member | Type | Meaning |", "|---|---|---|"]
    lines += members(one)
    return "\n".join(lines) + "\n"


def members(one, prefix=""):
    """A row for each member; those of the objects in a list stand below it."""
    for name, member in one.get("properties", {}).items():
        need = "" if name in one.get("required", []) else ", optional"
        yield f"| `{prefix}{name}` | {kind(member)}{need} | {cell(member.get('description'))} |"
        within = member.get("items", member)
        if "properties" in within:
            yield from members(within, f"{prefix}{name}{'[]' if 'items' in member else ''}.")


def kind(one, media=""):
    """What a value is, in words."""
    if "$ref" in one:
        name = one["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in one:
        return f"`{json.dumps(one['const'])}`"
    if "enum" in one:
        texts = [f"`{value}`" for value in one["enum"]]
        return "one of [the codes](errors.md)" if len(texts) > 20 else " or ".join(texts)
    for way in ("oneOf", "anyOf"):
        if way in one:
            return " or ".join(kind(each) for each in one[way])
    types = one.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types == ["array"]:
        count = f"{one['minItems']} " if one.get("minItems") and one.get("minItems") == one.get("maxItems") else ""
        return f"a list of {count}{kind(one['items'])}".replace("a list of 32 integer", "a list of 32 integers")
    formats = {"date-time": "time", "uri": "address"}
    words = [formats.get(one.get("format"), word) if word == "string" else word for word in types]
    return " or ".join(words) or (f"`{media}`" if media else "anything")


def resolved(document, part):
    while "$ref" in part:
        part, path = document, part["$ref"]
        for step in path.removeprefix("#/").split("/"):
            part = part[step]
    return part


def cell(text):
    return (text or "").replace("|", "\\|").replace("\n", " ")


def main():
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    page = ROOT / "docs/configuration.md"
    page.write_text(settings(page.read_text(encoding="utf-8"), binary.built()), encoding="utf-8")
    page = ROOT / "docs/troubleshooting.md"
    page.write_text(troubleshooting(page.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / "docs/http.md").write_text(http(), encoding="utf-8")


if __name__ == "__main__":
    main()
