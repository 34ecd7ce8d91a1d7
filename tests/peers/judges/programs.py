"""Judges who know nothing of the product: programs of Node.js whose verdicts are JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import TypeAlias

import pytest

FOLDER = Path(__file__).parents[2] / "judges"

Json: TypeAlias = "str | float | bool | Sequence[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True)
class Judges:
    """The programs in tests/judges, installed as its lock file says."""

    node: str

    @staticmethod
    def summon() -> Judges:
        """Installs what is missing or another version; skips the test where there is no Node.js."""
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            pytest.skip("Node.js is missing: install nodejs and npm to ask its judges")
        # Several workers of one test run summon them: the first installs, the others wait.
        with (FOLDER / "package-lock.json").open() as lock:
            flock(lock, LOCK_EX)
            Judges._install(npm)
        return Judges(node)

    @staticmethod
    def _install(npm: str) -> None:
        if _packages("node_modules/.package-lock.json") != _packages("package-lock.json"):
            done = subprocess.run([npm, "ci"], cwd=FOLDER, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr

    def ask(self, judge: str, cases: Json) -> list[dict[str, Json]]:
        """The verdicts of one judge, one for each case."""
        done = subprocess.run(
            [self.node, FOLDER / f"{judge}.mjs"],
            input=json.dumps(cases),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        verdicts: list[dict[str, Json]] = json.loads(done.stdout)
        return verdicts

    @property
    def axe(self) -> str:
        """The script of axe-core, for a page to run."""
        return (FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def _packages(lock: str) -> dict[str, Json]:
    """What a lock file lists, but for the folder itself; npm leaves one behind where it installs."""
    path = FOLDER / lock
    if not path.exists():
        return {}
    packages: dict[str, Json] = json.loads(path.read_text("utf-8"))["packages"]
    return {name: package for name, package in packages.items() if name}
