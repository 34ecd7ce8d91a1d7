"""What stands around a note that is to be published: its time, issues like it, its readers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from newsletter.authoring.findings import Finding, Proof, line_of, warn


def check_around(proof: Proof) -> Iterator[Finding]:
    """Nothing where the note is published already, or nobody looked around."""
    near, note = proof.near, proof.note
    if near is None or note.path in near.published:
        return
    if isinstance(note.publish, datetime) and near.now - note.publish > near.grace:
        yield warn(
            "late",
            f"Its time is past by more than {near.grace.total_seconds() / 3600:g} h, so it would be "
            "published and not mailed; give it another.",
        )
    if note.expires is not None and note.expires <= near.now:
        yield warn("expired", "Its `expiryDate` is past, so it is not published.")
    elif (
        note.expires is not None and note.not_before is not None and note.expires <= note.not_before
    ):
        yield warn("never", "It expires before it begins, so it is never published.")
    if (slug := near.titles.get(note.title.casefold())) is not None:
        yield warn(
            "same-title",
            f"The issue {slug!r} has the same title; readers take the second one for a copy.",
            line_of(proof, note.title),
        )
    if note.slug and note.slug in near.slugs:
        yield warn(
            "slug-taken",
            f"The slug {note.slug!r} is another issue's, so this one gets a number behind it.",
            line_of(proof, note.slug),
        )
