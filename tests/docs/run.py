"""Runs the blocks that say so: `<!-- run -->` above a block, or `<!-- run with dev -->` for one that asks a `siwn dev`.

All such blocks of a page are one session of a shell, in a folder of their own. In a transcript, what is printed is compared with what stands
there; `…` stands for anything. Beside `siwn dev`, its address and alice's key are put in the place of `http://localhost:8080` and
`ed25519:…`."""

import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path


def faults(page, siwn):
    blocks = [block for block in page.blocks if block.run is not None]
    if not blocks:
        return
    with tempfile.TemporaryDirectory() as folder:
        work, out, commands = Path(folder, "work"), Path(folder, "out"), Path(folder, "bin")
        for path in (work, out, commands):
            path.mkdir()
        (commands / "siwn").symlink_to(Path(siwn.path).resolve())
        environment = {**siwn.environment, "PATH": f"{commands}:{os.environ['PATH']}"}
        steps = [(block, *step) for block in blocks for step in of_block(block)]
        if any(block.run for block in blocks):
            with dev(siwn) as (address, key):
                placed = [(block, command.replace("http://localhost:8080", address).replace("ed25519:…", key), said) for block, command, said in steps]
                yield from ran(placed, work, out, environment)
        else:
            yield from ran(steps, work, out, environment)


def of_block(block):
    """The commands, each with what it is to print; None where the page does not say."""
    if block.language != "console":
        yield block.text, None
        return
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        lines = part.split("\n")
        last = next(number for number, line in enumerate(lines) if not line.endswith("\\"))
        yield "\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :]).strip()


def ran(steps, work, out, environment):
    script = "".join(
        f"exec >{out}/{number} 2>&1\n{command}\necho $? >{out}/{number}.status\n" for number, (_, command, _) in enumerate(steps)
    )
    subprocess.run(["bash", "-c", script], cwd=work, env=environment, stdin=subprocess.DEVNULL, timeout=60)
    for number, (block, command, said) in enumerate(steps):
        status, printed = out / f"{number}.status", out / str(number)
        text = printed.read_text().strip() if printed.exists() else ""
        ended = status.read_text().strip() if status.exists() else "never"
        first = command.strip().split("\n")[0]
        if ended != "0" and "error:" not in (said or ""):
            yield block.line, f"`{first}` ended with {ended}: {text}"
        elif said is not None and not re.fullmatch(".*".join(map(re.escape, said.split("…"))), text, re.S):
            yield block.line, f"`{first}` printed: {text}"


@contextmanager
def dev(siwn):
    """A `siwn dev` on a free port: its address, and alice's key."""
    command = [siwn.path, "dev", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=siwn.environment) as process:
        try:
            address = key = None
            for line in process.stdout:
                address = address or (found := re.search(r"http://\S+", line)) and found[0].rstrip("/")
                key = key or (found := re.search(r"\balice\S*\s+(ed25519:\S+)", line)) and found[1]
                if address and key:
                    break
            yield address, key
        finally:
            process.terminate()
