"""A note with formulas, from the folder to page, feed, mail and the pictures that the mail shows."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path

import pytest

from newsletter import Newsletter
from storage.archive import FormulaPictures
from storage.database import Database
from storage.model import FormulaPicture
from tests.worlds.clock import Clock
from tests.worlds.readers.site import Author, Client

BODY = r"""The cost is $n^2$, not $\frac{n}{2}$, for $5 and $10.

$$
A
=
\sum_{i=1}^n i^*
$$

Then $a^*$ and $b^*$, and $\foo$.
"""


def read_mail(newsletter: Newsletter) -> tuple[str, str, str]:
    """Subject, HTML and text of the only mail in the outbox."""
    (outbox,) = newsletter.config.outboxes
    (file,) = (outbox.directory / "new").iterdir()
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    return str(mail["Subject"]), html.get_content(), text.get_content().replace("\r\n", "\n")


def test_a_note_with_formulas_reaches_every_medium(tmp_path: Path, clock: Clock) -> None:
    """Page and feed have MathML, the text has TeX, the mail has letters and pictures, and the site has
    the pictures, for everybody and for ever, even once the issue is gone.
    """
    author = Author(tmp_path, clock)
    with author.newsletter as newsletter, Client(newsletter) as reader:
        newsletter.subscriptions.add("ada@example.org", consent="test")
        author.publish("maths.md", BODY, title="On $n^2$")
        newsletter.send()
        subject, html, text = read_mail(newsletter)
        page, feed = reader.get("/issues/maths").text, reader.get("/feed.json").json()

        assert subject == "On n²"
        assert page.count("<math") == 5
        assert '<annotation encoding="application/x-tex">a^*</annotation>' in page
        assert feed["items"][0]["content_html"].count("<math") == 5
        assert "$$\nA\n=\n\\sum_{i=1}^n i^*\n$$" in text
        assert "for $5 and $10" in text
        assert "<math" not in html
        assert 'class="lede"' not in html  # the summary is in the text anyway
        pictures = re.findall(
            r'<img[^>]*src="https://notes\.example\.com(/media/maths/[0-9a-f]{32}\.png)"', html
        )
        assert len(pictures) == 2
        assert r'alt="\frac{n}{2}"' in unescape(html)
        for path in pictures:
            answer = reader.get(path)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "image/png"
            assert "immutable" in answer.headers["cache-control"]
            assert answer.content.startswith(b"\x89PNG")
            again = reader.get(path, if_none_match=answer.headers["etag"])
            assert again.status_code == 304

        (author.notes / "maths.md").unlink()
        newsletter.poll()
        assert reader.get(pictures[0]).status_code == 200
        for path in ("0" * 32 + ".png", "x.png", "../maths.md", "%00.png", "a" * 5000 + ".png"):
            assert reader.get(f"/media/maths/{path}").status_code in {404, 414}


def test_a_preview_holds_its_pictures(tmp_path: Path, clock: Clock) -> None:
    """Before a note is published the site has nothing of it, so its preview brings the pictures along."""
    author = Author(tmp_path, clock)
    with author.newsletter as newsletter:
        author.write("draft.md", f"---\ntitle: Draft\n---\n{BODY}")
        preview = newsletter.preview("draft.md")
        assert preview.html.count('src="data:image/png;base64,') == 2
        assert "/media/maths/" not in preview.html
        assert "maths" in {remark.code for remark in preview.warnings}


def picture(digest: str, png: bytes = b"png") -> FormulaPicture:
    """A picture of that name."""
    return FormulaPicture(digest=digest, png=png, width=4, height=3, depth=1)


def test_pictures_are_kept_once(database: Database) -> None:
    """A picture that is there stays as it is, whoever draws it a second time; others are not found."""
    pictures = FormulaPictures(database)
    pictures.keep([picture("a"), picture("b")])
    pictures.keep([picture("a", b"other"), picture("c")])
    digests = ["a", "c", "missing", *map(str, range(1200))]
    assert pictures.find(digests) == {"a": picture("a"), "c": picture("c")}
    assert pictures.png("a") == b"png"
    assert pictures.png("missing") is None
    assert pictures.find([]) == {}


@pytest.fixture
def clock() -> Clock:
    """The test's time."""
    return Clock()
