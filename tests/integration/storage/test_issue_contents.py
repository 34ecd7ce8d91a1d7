"""What a draft says comes back from the archive, field by field, on both databases."""

from __future__ import annotations

from dataclasses import fields

from storage.archive.issues import Issues, MailOrder
from storage.model.issues import IssueDraft
from tests.conftest import NOON
from tests.worlds.publishing.drafts import SPOKEN
from tests.worlds.store import Store


def test_each_field_of_a_draft_is_kept(store: Store) -> None:
    """What a note says is there again when its issue is read; a field without a column would be lost in silence."""
    archive = Issues(store.database)
    order = MailOrder(at=None, reason="old")
    made = archive.publish(SPOKEN, published_at=NOON, mail=order, now=NOON).issue
    kept = archive.get(made.id)
    said = {field.name for field in fields(IssueDraft)} - {"changed_at"}
    assert {name: getattr(kept, name) for name in said} == {
        name: getattr(SPOKEN, name) for name in said
    }
