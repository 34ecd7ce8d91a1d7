"""Folders as generators and programs of notes lay them out: what becomes of each of their notes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter import Newsletter
from newsletter.authoring.survey import Kind
from tests.worlds.clock import Clock
from tests.worlds.shapes import PICTURES, PIXEL, SHAPES, Shape

SOURCE = re.compile(
    r"\{\{|\}\}|\{%|%\}|<%|:::|\[\[|%%|\[!\w+\]|^(?:import|export) |\{[:#.]", re.MULTILINE
)
"""What a generator or a program would have taken out."""
SHOWN_ON_PURPOSE = "{{ shown }}"


def lay_out(shape: Shape, home: Path) -> Path:
    """The folder, and a configuration that watches it; the path of that."""
    for path, text in shape.files.items():
        file = home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(PIXEL if file.suffix in PICTURES else text.encode())
    config = home / "newsletter.toml"
    config.write_text(
        '[newsletter]\ntitle = "N"\nurl = "https://n.example.com"\nsender = "n@example.com"\n'
        f'[notes]\npath = "{shape.path}"\n{shape.settings}\n'
    )
    return config


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_folder_of_old_notes_becomes_an_archive_and_mails_nobody(
    shape: Shape, tmp_path: Path
) -> None:
    """What a generator shows is published, what it hides is kept back and why is told; its pictures
    are found, its language is seen by no reader, and nobody is mailed.
    """
    with Newsletter.open(lay_out(shape, tmp_path), environ={}, clock=Clock()) as newsletter:
        newsletter.subscriptions.add("ada@example.com", consent="told me so")
        lines = newsletter.parts.survey.run()
        report = newsletter.poll()
        issues = newsletter.publication.live()
    shown = {picture for issue in issues for picture in issue.media}
    missing = sum(line.count for line in lines if line.kind is Kind.PICTURES)
    kept = {line.reason: line.count for line in lines if line.kind is Kind.KEPT}
    left = [
        found[0]
        for issue in issues
        for text in (issue.html, issue.text, issue.title, issue.summary)
        for found in SOURCE.finditer(re.sub(r"<[^>]*>", "", text).replace(SHOWN_ON_PURPOSE, ""))
    ]
    assert [line for line in lines if line.kind in {Kind.UNUSABLE, Kind.TEMPLATES}] == []
    assert lines[0].count == shape.notes
    assert len(issues) == len(report.published) == shape.issues
    assert kept == shape.kept
    assert (len(shown) - missing, missing) == (shape.found, shape.missing)
    assert left == []
    assert report.queued == 0
