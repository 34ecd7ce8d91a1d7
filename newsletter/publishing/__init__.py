"""From the notes folder to published issues: what is due, whose file it is, what it becomes."""

from newsletter.publishing.decisions import (
    Decision,
    Expected,
    Publish,
    Skip,
    Wait,
    Wish,
    decide,
    wish_of,
    written_at,
)
from newsletter.publishing.drafting import (
    Drafted,
    Drafting,
    Pictures,
    hash_content,
    issue_of,
    order_mail,
)
from newsletter.publishing.findings import PollReport
from newsletter.publishing.links import NoteLinks
from newsletter.publishing.poll import Poll
from newsletter.publishing.publicview import as_readers_see
from newsletter.publishing.reading import Means
from newsletter.publishing.sudden import Held, SuddenChange
from newsletter.publishing.translated import choose_translations, gather_languages

__all__ = [
    "Decision",
    "Drafted",
    "Drafting",
    "Expected",
    "Held",
    "Means",
    "NoteLinks",
    "Pictures",
    "Poll",
    "PollReport",
    "Publish",
    "Skip",
    "SuddenChange",
    "Wait",
    "Wish",
    "as_readers_see",
    "choose_translations",
    "decide",
    "gather_languages",
    "hash_content",
    "issue_of",
    "order_mail",
    "wish_of",
    "written_at",
]
