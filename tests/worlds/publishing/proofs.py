"""A note as a check sees it: rendered, as a mail, beside one other that is published."""

from __future__ import annotations

from collections.abc import Mapping

from feeds.markdown import link_key
from feeds.syndication.ids import newsletter_namespace
from mailer.compose.message import compile_issue
from mailer.compose.skeleton import Recipient
from newsletter.authoring.findings import Proof
from newsletter.authoring.proofs import as_issue
from newsletter.publishing.drafting import Drafting
from storage.archive.rows import IssueName
from storage.model.issues import Identity, IssueState
from tests.conftest import NOON

URL = "https://notes.example.com"
IDENTITY = Identity(title="N", url=URL, sender="notes@example.com", author="Ada")
DRAFTING = Drafting(IDENTITY, namespace=newsletter_namespace(URL))
OTHER = IssueName(
    issue_id=1,
    note_id="other",
    path="other.md",
    slug="other",
    title="Other",
    state=IssueState.LIVE,
    content_hash="",
)
ADA = Recipient(
    address="ada@example.com",
    ascii="ada@example.com",
    name="Ada",
    message_token="m",
    return_path="b@example.com",
    unsubscribe_token="abc",
    preferences_token="abc",
    date=NOON,
)


def proof(
    source: str, pictures: Mapping[str, int] | None = None, drafting: Drafting = DRAFTING
) -> Proof:
    """The proof of `here.md`; `other.md` is published, `private.md` is there and is not."""
    note = drafting.parse(source.encode(), "here.md")
    links = drafting.links([OTHER])
    drafted = drafting.draft(note, note.note_id, "", links)
    skeleton = compile_issue(as_issue(drafted.draft, note, NOON), IDENTITY)
    return Proof(
        source=source,
        note=note,
        draft=drafted.draft,
        warnings=drafted.warnings,
        skeleton=skeleton,
        sample=skeleton.fill(ADA).content,
        links=links,
        site_url=URL,
        note_keys={link_key(path) for path in ("here.md", "other.md", "private.md")},
        pictures={path: (pictures or {}).get(path) for path in drafted.draft.media},
    )
