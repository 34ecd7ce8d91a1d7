"""From the notes folder to published issues: what is due, whose file it is, what it becomes."""

from newsletter.publishing.decisions import Publish, Wait, Wish, decide
from newsletter.publishing.drafting import Drafting, Pictures, hash_content
from newsletter.publishing.findings import PollReport
from newsletter.publishing.links import NoteLinks
from newsletter.publishing.poll import Poll
from newsletter.publishing.publicview import as_readers_see
from newsletter.publishing.reading import Means
from newsletter.publishing.sudden import Held, SuddenChange

__all__ = [
    "Drafting",
    "Held",
    "Means",
    "NoteLinks",
    "Pictures",
    "Poll",
    "PollReport",
    "Publish",
    "SuddenChange",
    "Wait",
    "Wish",
    "as_readers_see",
    "decide",
    "hash_content",
]
