"""The database itself: engine, transactions, locks, tables and the steps that make them."""

from storage.database import schema
from storage.database.direct import Cursor, Prepared, cursor_of, portions, prepare
from storage.database.engine import Database, insert_new, serialise
from storage.database.facts import Facts
from storage.database.glance import Glance
from storage.database.locks import Lock
from storage.database.values import from_micros, storable, to_micros

__all__ = [
    "Cursor",
    "Database",
    "Facts",
    "Glance",
    "Lock",
    "Prepared",
    "cursor_of",
    "from_micros",
    "insert_new",
    "portions",
    "prepare",
    "schema",
    "serialise",
    "storable",
    "to_micros",
]
