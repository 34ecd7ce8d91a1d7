"""How an address becomes a reader and stops being one: sign-ups, lists, imports, exports."""

from newsletter.subscribing.files import write_rows
from newsletter.subscribing.lists import Departed, ImportReport
from newsletter.subscribing.rules import SignUpLimits
from newsletter.subscribing.signupdesk import SignUpPolicy
from newsletter.subscribing.source import open_source
from newsletter.subscribing.subscriptions import ConfirmResult, Preferences, Subscriptions

__all__ = [
    "ConfirmResult",
    "Departed",
    "ImportReport",
    "Preferences",
    "SignUpLimits",
    "SignUpPolicy",
    "Subscriptions",
    "open_source",
    "write_rows",
]
