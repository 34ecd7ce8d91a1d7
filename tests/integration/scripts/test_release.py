"""What is released can be installed and used, says what it is made of, and is made of what may be given away."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from scripts.release import PINS, ROOT, build, read_pins, sign

FREE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|ZPL|Zope|Unlicense|LGPL|Lesser|CC0|0BSD|MIT-0"
    r"|Public Domain|Zlib|HPND|OFL|DFSG",
    re.IGNORECASE,
)
"""Licences under which the product, itself MIT, may be installed with a library."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of a release, by the ends of their names."""
    files = build(tmp_path_factory.mktemp("dist"))
    return {
        ending: one
        for one in files
        for ending in (".whl", ".gz", ".json", "SUMS")
        if one.name.endswith(ending)
    }


def test_the_wheel_holds_what_is_no_code(made: dict[str, Path]) -> None:
    """Every template, style, script, catalogue, migration and sample of the tree is in it, and no test."""
    with zipfile.ZipFile(made[".whl"]) as wheel:
        names = set(wheel.namelist())
    rooms = ("feeds", "mailer", "newsletter", "scripts", "storage", "web")
    tracked = subprocess.run(
        ["git", "ls-files", *rooms], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    assert {name for name in tracked if name} - names == set()
    assert not [name for name in names if name.startswith("tests/")]


def test_the_sdist_can_be_built_again(made: dict[str, Path]) -> None:
    """It has the project file, the licence and the pins."""
    with tarfile.open(made[".gz"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", "requirements/run.txt"} <= names


def test_an_installed_wheel_works(made: dict[str, Path], tmp_path: Path) -> None:
    """Away from the tree it starts a newsletter, renders a page with its templates and words, and mails."""
    where = tmp_path / "installed"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--no-compile",
    ]
    command += ["--disable-pip-version-check", "--target", str(where), str(made[".whl"])]
    subprocess.run(command, check=True)
    code = """
import sys
from pathlib import Path
import newsletter
assert newsletter.__file__.startswith(sys.argv[1]), newsletter.__file__
from scripts.cli import main
def run(*words):
    try:
        main([*words])
    except SystemExit as ended:
        assert not ended.code, ended.code
run("init", "n")
Path("n/newsletter.toml").write_text(Path("n/newsletter.toml").read_text().replace('hold = "5m"', 'hold = "0s"'))
run("--config", "n/newsletter.toml", "schedule", "first-note.md", "--now")
run("--config", "n/newsletter.toml", "subscribers", "add", "ada@example.com", "--consent", "yes")
run("--config", "n/newsletter.toml", "send")
run("--config", "n/newsletter.toml", "build", "site")
assert len(list(Path("n/outbox/new").iterdir())) == 1
assert "The first note" in Path("site/index.html").read_text()
"""
    environ = {**os.environ, "PYTHONPATH": str(where)}
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code, str(where)],
        cwd=home,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_bill_of_materials(made: dict[str, Path]) -> None:
    """CycloneDX with every pin and its hashes; the checksums are those of the files."""
    bill = json.loads(made[".json"].read_text())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert bill["metadata"]["component"]["version"] == version
    pins = list(read_pins(PINS.read_text()))
    assert {(one["name"], one["version"]) for one in bill["components"]} == {
        (pin.name, pin.version) for pin in pins
    }
    assert all(one["hashes"] for one in bill["components"])
    for line in made["SUMS"].read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((made["SUMS"].parent / name).read_bytes()).hexdigest() == digest


def test_every_library_may_be_given_away() -> None:
    """Each distribution that is pinned and installed here says that its licence is a free one; offline."""
    seen = {pin.name: pin.licence for pin in read_pins(PINS.read_text()) if pin.licence}
    assert len(seen) > 20
    assert {name: licence for name, licence in seen.items() if not FREE.search(licence)} == {}


def test_a_change_of_version_is_told() -> None:
    """The version of the project is a heading of the changelog, or what it will be is `Unreleased`."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    text = (ROOT / "CHANGELOG.md").read_text()
    assert f"## {version}" in text or "## Unreleased" in text


def test_what_is_released_can_be_signed_and_verified(made: dict[str, Path], tmp_path: Path) -> None:
    """Checksums and tag, as CONTRIBUTING.md says, with a key thrown away afterwards; a changed file is noticed."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is missing: install openssh-client to sign with it")
    key, signers = tmp_path / "key", tmp_path / "signers"

    def run(*command: str | Path, text: str = "") -> int:
        done = subprocess.run(command, cwd=tmp_path, input=text, capture_output=True, text=True)
        return done.returncode

    assert run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key) == 0
    signers.write_text(f"you@example.com {key.with_suffix('.pub').read_text()}")
    signature = sign(made["SUMS"], key)
    sums = made["SUMS"].read_text()
    verify = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "you@example.com", "-n", "file"]
    assert run(*verify, "-s", signature, text=sums) == 0
    assert run(*verify, "-s", signature, text=sums.replace("0", "1")) != 0

    who = ["git", "-c", "user.name=You", "-c", "user.email=you@example.com"]
    with_key = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={key}.pub"]
    assert run("git", "init", "-q") == 0
    assert run(*who, "commit", "-q", "--allow-empty", "-m", "one") == 0
    assert run(*who, *with_key, "tag", "-s", "v0.1.0", "-m", "v0.1.0") == 0
    assert run("git", "-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-tag", "v0.1.0") == 0
