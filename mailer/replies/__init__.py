"""What a relay or a report says, and what it means: outcome, severity, status. Pure."""

from mailer.replies.outcome import (
    LET_IN,
    Fault,
    Outcome,
    Phase,
    Verdict,
    build_lost,
    clean_reply,
    is_greylisting,
    parse_reply,
    read_taken,
)
from mailer.replies.phrases import (
    AUTO_REPLY_SUBJECTS,
    BOUNCE_SUBJECTS,
    DELAY_WORDS,
    FAILURE_WORDS,
    FINAL_WORDS,
)
from mailer.replies.severity import judge
from mailer.replies.status import Status, find_code, parse_status
from mailer.replies.words import find_causes

__all__ = [
    "AUTO_REPLY_SUBJECTS",
    "BOUNCE_SUBJECTS",
    "DELAY_WORDS",
    "FAILURE_WORDS",
    "FINAL_WORDS",
    "LET_IN",
    "Fault",
    "Outcome",
    "Phase",
    "Status",
    "Verdict",
    "build_lost",
    "clean_reply",
    "find_causes",
    "find_code",
    "is_greylisting",
    "judge",
    "parse_reply",
    "parse_status",
    "read_taken",
]
