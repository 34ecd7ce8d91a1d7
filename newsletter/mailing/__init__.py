"""The mail of issues: letters, relays, how it stands, and what its author does to it."""

from newsletter.mailing.formulas import FormulaDesk
from newsletter.mailing.inflight import InFlight
from newsletter.mailing.letters import Letters, WayBack
from newsletter.mailing.relays import open_relays
from newsletter.mailing.results import IssueStatus, SendReport
from newsletter.mailing.standing import Standing

__all__ = [
    "FormulaDesk",
    "InFlight",
    "IssueStatus",
    "Letters",
    "SendReport",
    "Standing",
    "WayBack",
    "open_relays",
]
