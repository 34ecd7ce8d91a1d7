"""The database itself: engine, transactions, locks, tables and the steps that make them."""

from storage.database import schema
from storage.database.bulk import insert_many, look_up
from storage.database.direct import Cursor, Prepared, cursor_of, portions, prepare
from storage.database.durability import lossy_settings
from storage.database.engine import Database, insert_new, serialise
from storage.database.facts import UNFOLDED, Facts
from storage.database.glance import Glance
from storage.database.locks import Lock
from storage.database.sorting import sorts_otherwise
from storage.database.values import as_row, from_micros, is_number, storable, to_micros
from storage.database.versions import make_tables, migrate, refuse_newer

__all__ = [
    "UNFOLDED",
    "Cursor",
    "Database",
    "Facts",
    "Glance",
    "Lock",
    "Prepared",
    "as_row",
    "cursor_of",
    "from_micros",
    "insert_many",
    "insert_new",
    "is_number",
    "look_up",
    "lossy_settings",
    "make_tables",
    "migrate",
    "portions",
    "prepare",
    "refuse_newer",
    "schema",
    "serialise",
    "sorts_otherwise",
    "storable",
    "to_micros",
]
