"""The tables: the only room with column names besides the migrations that make them.

Uniqueness is an index, never a check in code.
"""

from storage.database.schema.archive import (
    absences,
    formulas,
    issue_marks,
    issues,
    slugs,
)
from storage.database.schema.columns import (
    REVISION,
    Instant,
    Text,
    alembic_version,
    metadata,
)
from storage.database.schema.ledger import (
    attempts,
    deliveries,
    gathered,
    moves,
    of_readers,
    workers,
)
from storage.database.schema.notes import feed_entries, feed_readers, meta, notes, schedules
from storage.database.schema.readers import (
    consent_events,
    reports,
    signups,
    subscribers,
    suppressions,
)
from storage.database.schema.words import (
    find_arabic_by_stems,
    find_phrases_by_threes,
    find_stems_on_sqlite,
    issue_words,
    keep_vectors_beside,
    make_index,
    make_search_quick,
    write_stems,
)

__all__ = [
    "REVISION",
    "Instant",
    "Text",
    "absences",
    "alembic_version",
    "attempts",
    "consent_events",
    "deliveries",
    "feed_entries",
    "feed_readers",
    "find_arabic_by_stems",
    "find_phrases_by_threes",
    "find_stems_on_sqlite",
    "formulas",
    "gathered",
    "issue_marks",
    "issue_words",
    "issues",
    "keep_vectors_beside",
    "make_index",
    "make_search_quick",
    "meta",
    "metadata",
    "moves",
    "notes",
    "of_readers",
    "reports",
    "schedules",
    "signups",
    "slugs",
    "subscribers",
    "suppressions",
    "workers",
    "write_stems",
]
