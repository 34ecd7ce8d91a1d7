"""Folders as generators and programs of notes lay them out: what becomes of each of their notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter import Newsletter
from newsletter.authoring.survey import Kind
from tests.worlds.clock import Clock
from tests.worlds.publishing.moreshapes import MORE_SHAPES
from tests.worlds.publishing.programshapes import PROGRAM_SHAPES
from tests.worlds.publishing.shapes import SHAPES, Shape, lay_out, source_left


@pytest.mark.parametrize(
    "shape", [*SHAPES, *MORE_SHAPES, *PROGRAM_SHAPES], ids=lambda shape: shape.name
)
def test_a_folder_of_old_notes_becomes_an_archive_and_mails_nobody(
    shape: Shape, tmp_path: Path
) -> None:
    """What a generator shows is published, what it hides is kept back and why is told; its pictures
    are found, its language is seen by no reader (and told where it is not known), and nobody is mailed.
    """
    with Newsletter.open(lay_out(shape, tmp_path), environ={}, clock=Clock()) as newsletter:
        newsletter.subscriptions.add("ada@example.com", consent="told me so")
        lines = newsletter.parts.survey.run()
        report = newsletter.poll()
        issues = newsletter.publication.live()
    shown = {picture for issue in issues for picture in issue.media}
    missing = sum(line.count for line in lines if line.kind is Kind.PICTURES)
    kept = {line.reason: line.count for line in lines if line.kind is Kind.KEPT}
    left = [piece for issue in issues for piece in source_left(issue)]
    assert [line for line in lines if line.kind is Kind.UNUSABLE] == []
    assert sum(line.count for line in lines if line.kind is Kind.TEMPLATES) == shape.told
    assert lines[0].count == shape.notes
    assert len(issues) == len(report.published) == shape.issues
    assert kept == shape.kept
    assert (len(shown) - missing, missing) == (shape.found, shape.missing)
    assert left == []
    assert report.queued == 0
