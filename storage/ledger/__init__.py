"""The ledger of deliveries and of mailings: who must get what, what became of it, what waits."""

from storage.ledger.duties import (
    cancel_open,
    put_suppression,
    queue_issue,
    queue_single,
    suppress_open,
)
from storage.ledger.gates import Gates
from storage.ledger.ledger import Ledger

__all__ = [
    "Gates",
    "Ledger",
    "cancel_open",
    "put_suppression",
    "queue_issue",
    "queue_single",
    "suppress_open",
]
