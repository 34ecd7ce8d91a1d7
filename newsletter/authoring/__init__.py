"""What the author asks for before anything is sent: schedules, previews, checks, test copies."""

from newsletter.authoring.findings import CheckedNote, Finding
from newsletter.authoring.outlook import Outlook, Planned, PlannedBy
from newsletter.authoring.preflight import report_unusable
from newsletter.authoring.proofs import Preview, Proofs, TestCopy, send_test
from newsletter.authoring.schedules import Authoring, Scheduled
from newsletter.authoring.survey import Kind, Line, Survey

__all__ = [
    "Authoring",
    "CheckedNote",
    "Finding",
    "Kind",
    "Line",
    "Outlook",
    "Planned",
    "PlannedBy",
    "Preview",
    "Proofs",
    "Scheduled",
    "Survey",
    "TestCopy",
    "report_unusable",
    "send_test",
]
