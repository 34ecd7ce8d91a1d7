"""The ledger of deliveries and of mailings: who must get what, what became of it, what waits."""

from storage.ledger.audiences import is_meant, wears_tag
from storage.ledger.digests import DigestOrder, Digests
from storage.ledger.domains import end_pause
from storage.ledger.duties import (
    cancel_open,
    hold_if_told,
    move_mailing,
    put_suppression,
    queue_issue,
    queue_single,
    stop_issues,
    suppress_open,
)
from storage.ledger.gates import Gates
from storage.ledger.ledger import Ledger
from storage.ledger.mailings import Mailings, go_on, hold_all, pause_mail
from storage.ledger.missing import follow_audience, take_back_unsent
from storage.ledger.moves import change_deliveries, count_states, erase_deliveries
from storage.ledger.overview import MailedIssue, Overview, refuse_other_readers
from storage.ledger.rescue import Rescuer
from storage.ledger.wishes import (
    change_pace,
    count_gathered,
    forget_gathered,
    is_gathered,
    is_mailed,
    release_unsent,
)

__all__ = [
    "DigestOrder",
    "Digests",
    "Gates",
    "Ledger",
    "MailedIssue",
    "Mailings",
    "Overview",
    "Rescuer",
    "cancel_open",
    "change_deliveries",
    "change_pace",
    "count_gathered",
    "count_states",
    "end_pause",
    "erase_deliveries",
    "follow_audience",
    "forget_gathered",
    "go_on",
    "hold_all",
    "hold_if_told",
    "is_gathered",
    "is_mailed",
    "is_meant",
    "move_mailing",
    "pause_mail",
    "put_suppression",
    "queue_issue",
    "queue_single",
    "refuse_other_readers",
    "release_unsent",
    "stop_issues",
    "suppress_open",
    "take_back_unsent",
    "wears_tag",
]
