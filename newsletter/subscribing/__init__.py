"""How an address becomes a reader and stops being one: sign-ups, lists, imports, exports."""

from newsletter.subscribing.files import read_file, write_rows
from newsletter.subscribing.lists import ImportReport
from newsletter.subscribing.rules import SignUpLimits
from newsletter.subscribing.signupdesk import SignUpPolicy
from newsletter.subscribing.subscriptions import ConfirmResult, Preferences, Subscriptions

__all__ = [
    "ConfirmResult",
    "ImportReport",
    "Preferences",
    "SignUpLimits",
    "SignUpPolicy",
    "Subscriptions",
    "read_file",
    "write_rows",
]
