"""A draft that says something with each of its fields."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from storage.model.issues import IssueDraft


def _spoken() -> IssueDraft:
    said: dict[str, Any] = {
        field.name: (field.name,) if str(field.type).startswith("tuple") else field.name
        for field in fields(IssueDraft)
    }
    return IssueDraft(**said | {"changed_at": datetime(2026, 11, 30, tzinfo=UTC), "audience": "ml"})


SPOKEN = _spoken()
"""Each field is another text, so that one which is lost or mistaken for another shows."""
