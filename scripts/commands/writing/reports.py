"""Findings as other programs want them: annotations of GitHub's workflows, and SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scripts.console import Json, plain

if TYPE_CHECKING:
    from newsletter.authoring import CheckedNote, Finding

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def annotate(checked: Iterable[CheckedNote], root: Path) -> Iterator[str]:
    """A workflow command for each finding: `::error file=…,line=…,title=…::message`."""
    for one in checked:
        for finding in one.findings:
            place = f"file={_property(_path(root, one.note))}"
            place += f",line={finding.line}" if finding.line else ""
            title = _property(finding.code)
            yield f"::{finding.gravity.value} {place},title={title}::{_data(plain(finding.message))}"


def sarif(checked: Iterable[CheckedNote], root: Path) -> Json:
    """One run, with a rule for each code."""
    from importlib.metadata import version

    from newsletter.authoring.checks import CODES

    names = list(CODES)
    rules: list[Json] = [
        {
            "id": code,
            "shortDescription": {"text": about},
            "defaultConfiguration": {"level": gravity.value},
        }
        for code, (gravity, about) in CODES.items()
    ]
    results = [
        _result(finding, _path(root, one.note), names)
        for one in checked
        for finding in one.findings
    ]
    driver: Json = {
        "name": "newsletter check",
        "semanticVersion": version("newsletter-service"),
        "rules": rules,
    }
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
        ],
    }


def _result(finding: Finding, path: str, names: list[str]) -> Json:
    place: dict[str, Json] = {"artifactLocation": {"uri": path}}
    if finding.line:
        place["region"] = {"startLine": finding.line}
    return {
        "ruleId": finding.code,
        "ruleIndex": names.index(finding.code) if finding.code in names else -1,
        "level": finding.gravity.value,
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": place}],
    }


def _path(root: Path, note: str) -> str:
    """From where the command is run, if that is above the notes; as a URI's path."""
    from urllib.parse import quote

    path = (root / note).resolve()
    try:
        return quote(path.relative_to(Path.cwd().resolve()).as_posix())
    except ValueError:
        return quote(note)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
