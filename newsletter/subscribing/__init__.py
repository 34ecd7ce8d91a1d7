"""How an address becomes a reader and stops being one: sign-ups, lists, imports, exports."""

from newsletter.subscribing.files import write_rows
from newsletter.subscribing.lists import Departed, ImportReport
from newsletter.subscribing.queue import TRY_AGAIN
from newsletter.subscribing.rules import WINDOW, SignUpLimits, spell_origin
from newsletter.subscribing.signupdesk import SignUpPolicy
from newsletter.subscribing.source import open_source
from newsletter.subscribing.subscriptions import (
    ConfirmResult,
    OwnLetters,
    Subscriptions,
    mask_address,
    read_name,
)

__all__ = [
    "TRY_AGAIN",
    "WINDOW",
    "ConfirmResult",
    "Departed",
    "ImportReport",
    "OwnLetters",
    "SignUpLimits",
    "SignUpPolicy",
    "Subscriptions",
    "mask_address",
    "open_source",
    "read_name",
    "spell_origin",
    "write_rows",
]
