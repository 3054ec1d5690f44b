"""What stands in deploy/ is what its programs take, as far as these are on this machine."""

import os
import re
import shutil
import subprocess
import tempfile
import tomllib
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SIWN = os.environ.get("SIWN_BIN", str(ROOT / "target/debug/siwn"))
PUBLIC_NODES = "warning: rpc: public nodes limit how often they are asked; production wants nodes of its own\n"
# What `systemd-analyze security` calls the exposure, times ten: 12 when this was written.
EXPOSURE = 15


def run(*command, **variables):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIWN_")}
    return subprocess.run(command, capture_output=True, text=True, env={**environment, **variables})


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed")


class Configuration(unittest.TestCase):
    def test_the_example_is_good(self):
        checked = run(SIWN, "config", "check", "--config", str(DEPLOY / "siwn.toml"))
        self.assertEqual((checked.returncode, checked.stderr), (0, PUBLIC_NODES))

    def test_what_the_example_leaves_out_is_good_too(self):
        text = (DEPLOY / "siwn.toml").read_text()
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(re.sub(r"^# (?=\w+ = )", "", text, flags=re.M))
            file.flush()
            checked = run(SIWN, "config", "check", "--config", file.name)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))


class Unit(unittest.TestCase):
    def unit(self, folder):
        """The unit, with the binary that was built, so that there is one."""
        text = (DEPLOY / "siwn.service").read_text()
        path = Path(folder) / "siwn.service"
        path.write_text(text.replace("ExecStart=/usr/bin/siwn ", f"ExecStart={Path(SIWN).resolve()} "))
        drop_ins = Path(folder) / "siwn.service.d"
        shutil.copytree(DEPLOY / "siwn.service.d", drop_ins)
        return str(path)

    @needs("systemd-analyze")
    def test_systemd_takes_it(self):
        with tempfile.TemporaryDirectory() as folder:
            verified = run("systemd-analyze", "verify", "--man=no", self.unit(folder))
        self.assertEqual((verified.returncode, verified.stderr), (0, ""))

    @needs("systemd-analyze")
    def test_it_may_do_little(self):
        with tempfile.TemporaryDirectory() as folder:
            command = ["systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={EXPOSURE}", self.unit(folder)]
            judged = run(*command)
        self.assertEqual(judged.returncode, 0, judged.stdout + judged.stderr)

    def test_its_commands_are_there(self):
        text = (DEPLOY / "siwn.service").read_text()
        program, *arguments = re.search(r"^ExecStart=(.*)$", text, re.M)[1].split()
        self.assertEqual(program, "/usr/bin/siwn")
        self.assertIn("--config", run(SIWN, arguments[0], "--help").stdout)
        self.assertTrue(Path(re.search(r"^ExecReload=(\S+)", text, re.M)[1]).exists())


class Container(unittest.TestCase):
    def setUp(self):
        self.text = (DEPLOY / "Containerfile").read_text()

    def test_what_it_copies_is_there(self):
        copied = [line.split()[1:-1] for line in self.text.splitlines() if re.match(r"COPY (?!--)", line)]
        missing = [name for names in copied for name in names if not (ROOT / name).exists()]
        self.assertTrue(copied and not missing, missing)

    def test_its_commands_are_there(self):
        for given in re.findall(r'CMD \[(.*)\]$', self.text, re.M):
            words = [word.strip(' "') for word in given.split(",")]
            words = words if words[0] == "siwn" else ["siwn", *words]
            self.assertEqual(run(SIWN, words[1], "--help").returncode, 0, words)

    def test_it_is_nobody_there(self):
        last = self.text[self.text.rindex("\nFROM ") :]
        self.assertRegex(last, r"\nUSER [1-9]\d*:[1-9]\d*\n")

    @needs("docker-compose")
    def test_compose_takes_the_file(self):
        site = {"SIWN_RECIPIENT": "app.example", "SIWN_PUBLIC_URL": "https://app.example"}
        read = run("docker-compose", "--file", str(DEPLOY / "compose.yaml"), "config", **site)
        self.assertEqual(read.returncode, 0, read.stderr)

    def test_the_settings_in_the_compose_file_are_good(self):
        text = (DEPLOY / "compose.yaml").read_text()
        given = dict(re.findall(r"^      (SIWN_\w+): (.*)$", text, re.M))
        self.assertEqual(given.pop("SIWN_SECRET_FILE"), "/run/secrets/siwn")
        given |= {"SIWN_RECIPIENT": "app.example", "SIWN_PUBLIC_URL": "https://app.example", "SIWN_LISTEN": "0.0.0.0:8080"}
        checked = run(SIWN, "config", "check", **given)
        self.assertEqual((checked.returncode, checked.stderr), (0, PUBLIC_NODES))


class Package(unittest.TestCase):
    def setUp(self):
        manifest = ROOT / "crates/siwn-cli/Cargo.toml"
        self.folder = manifest.parent
        self.deb = tomllib.loads(manifest.read_text())["package"]["metadata"]["deb"]

    def test_what_it_holds_is_there(self):
        sources = [source for source, _, _ in self.deb["assets"] if not source.startswith("target/")]
        missing = [source for source in sources if not list(self.folder.glob(source))]
        self.assertTrue(sources and not missing, missing)
        self.assertTrue((self.folder / self.deb["maintainer-scripts"] / "siwn.service").exists())

    def test_its_configuration_is_kept(self):
        [(source, target)] = [(source, target) for source, target, _ in self.deb["assets"] if target.startswith("etc/")]
        self.assertEqual(self.deb["conf-files"], [f"/{target}{Path(source).name}"])


if __name__ == "__main__":
    unittest.main()
