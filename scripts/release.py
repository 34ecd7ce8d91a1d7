"""Makes a release: wheel, sdist, bill of materials, checksums, and their signature.

    python -m scripts.release dist [KEY]

The bill of materials is CycloneDX 1.5: what requirements/run.txt pins, with its hashes, and its licence as far as
it is installed here. Asks no network. KEY is an SSH key, private or the public one of an agent's: it signs the
checksums (`SHA256SUMS.sig`), and the tag (`git tag -s`) as CONTRIBUTING.md says.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PINS: Final = ROOT / "requirements" / "run.txt"
_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One distribution that the product is installed with."""

    name: str
    version: str
    hashes: tuple[str, ...]
    """SHA-256 of its files, in hex."""

    @property
    def licence(self) -> str:
        """As the distribution itself says; empty where it is not installed here or says nothing."""
        try:
            said = metadata(self.name)
        except PackageNotFoundError:
            return ""
        expression = next(iter(said.get_all("License-Expression", [])), "")
        classified = [
            line.rpartition(" :: ")[2]
            for line in said.get_all("Classifier", [])
            if line.startswith("License :: ")
        ]
        text = "\n".join(said.get_all("License", [])).splitlines()
        return expression or "; ".join(classified) or (text[0] if text else "")


def read_pins(text: str) -> Iterator[Pin]:
    """The pins of a requirements file that has hashes."""
    for block in re.split(r"(?m)^(?=[A-Za-z0-9])", text):
        found = _PIN.match(block)
        if found:
            yield Pin(name=found[1], version=found[2], hashes=tuple(_HASH.findall(block)))


def write_bill(pins: list[Pin], version: str) -> str:
    """The bill of materials, as JSON."""
    components = [
        {
            "type": "library",
            "name": pin.name,
            "version": pin.version,
            "purl": f"pkg:pypi/{pin.name.lower()}@{pin.version}",
            "hashes": [{"alg": "SHA-256", "content": one} for one in pin.hashes],
            **({"licenses": [{"license": {"name": pin.licence}}]} if pin.licence else {}),
        }
        for pin in pins
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "newsletter-service",
                "version": version,
                "purl": f"pkg:pypi/newsletter-service@{version}",
            }
        },
        "components": components,
    }
    return json.dumps(document, indent=2) + "\n"


def build(target: Path) -> list[Path]:
    """Everything that belongs to a release, in the folder `target`."""
    target.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(target.resolve())]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    built = sorted([*target.glob("*.whl"), *target.glob("*.tar.gz")])
    version = built[0].name.split("-")[1]
    bill = target / f"newsletter_service-{version}.cdx.json"
    bill.write_text(write_bill(list(read_pins(PINS.read_text("utf-8"))), version), "utf-8")
    sums = target / "SHA256SUMS"
    made = [*built, bill]
    sums.write_text(
        "".join(f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in made)
    )
    return [*made, sums]


def sign(sums: Path, key: Path) -> Path:
    """Sign the checksums with an SSH key; the signature, which `ssh-keygen -Y verify` reads."""
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", str(key), str(sums)]
    subprocess.run(command, check=True)  # noqa: S603 - the releaser's own key and program
    return sums.with_name(f"{sums.name}.sig")


def main(arguments: list[str]) -> int:
    """Build into the folder that is named, `dist` if none is; sign with the key, if one is named."""
    made = build(Path(arguments[0] if arguments else "dist"))
    if len(arguments) > 1:
        made.append(sign(made[-1], Path(arguments[1])))
    for path in made:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
