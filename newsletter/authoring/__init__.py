"""What the author asks for before anything is sent: schedules, previews, checks, test copies; and the door of the desk."""

from newsletter.authoring.entrance import Entrance
from newsletter.authoring.findings import CheckedNote, Finding, error, warn
from newsletter.authoring.outlook import Outlook, Planned, PlannedBy, tell_contents
from newsletter.authoring.plan import Limits, Plan, PlannedIssue, Planner, UnderWay
from newsletter.authoring.preflight import report_unusable
from newsletter.authoring.proofs import Preview, Proofs
from newsletter.authoring.schedules import Scheduled, Scheduling
from newsletter.authoring.survey import Kind, Line, Survey
from newsletter.authoring.testcopies import TestCopy, send_test

__all__ = [
    "CheckedNote",
    "Entrance",
    "Finding",
    "Kind",
    "Limits",
    "Line",
    "Outlook",
    "Plan",
    "Planned",
    "PlannedBy",
    "PlannedIssue",
    "Planner",
    "Preview",
    "Proofs",
    "Scheduled",
    "Scheduling",
    "Survey",
    "TestCopy",
    "UnderWay",
    "error",
    "report_unusable",
    "send_test",
    "tell_contents",
    "warn",
]
