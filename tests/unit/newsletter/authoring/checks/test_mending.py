"""Mending: exactly the characters that are meant, in a file that is still what was read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.syndication.ids import newsletter_namespace
from newsletter.authoring.checks.mending import mend
from newsletter.authoring.checks.online import Answer, report_answer
from newsletter.authoring.findings import Finding, Fix, warn
from newsletter.authoring.preflight import check_note
from newsletter.publishing.drafting import Drafting
from storage.model.errors import NoteError
from tests.worlds.publishing.proofs import IDENTITY, URL, proof
from tests.worlds.rows import each

LINK = "https://a.example/x?utm_source=mail"


def fixes(source: str) -> tuple[Finding, ...]:
    """The findings of a note that can be mended."""
    return tuple(one for one in check_note(proof(source)).findings if one.fix)


def test_what_is_meant_is_written_and_nothing_else() -> None:
    """A slip of a key and a link that tells on readers; line ends and all else stay as they are."""
    source = (
        f"---\r\ntitle: T\r\npublsh: 2026-12-01\r\n---\r\nSee [a page]({LINK}) \r\n\tand\u00a0on"
    )
    mended = mend("a.md", source.encode(), fixes(source))
    assert mended is not None
    wanted = source.replace("publsh", "publish").replace("?utm_source=mail", "")
    assert mended.after == wanted.encode()
    assert sorted(mended.codes) == ["tracking-link", "unknown-key"]
    assert "-See [a page]" in mended.diff
    assert fixes(wanted) == ()


@pytest.mark.parametrize(
    "source",
    [
        "---\ntitle: T\npublsh: now\npublish: 2030-01-01\n---\nx",
        "---\ntitle: T\npublish: 2030-01-01\npubblish: now\n---\nx",
    ],
)
def test_no_key_is_written_where_it_stands_already(source: str) -> None:
    """Which of two times is meant is the author's to say, and a note with both could not be used."""
    (slip,) = (one for one in check_note(proof(source)).findings if one.code == "unknown-key")
    assert slip.fix is None
    assert "`publish` is there already" in slip.message


WRITTEN = datetime(2026, 11, 22, 12, tzinfo=UTC)


@each(
    ("code", "source", "mended"),
    [
        (
            "unknown-key",
            "---\ntitle: T\npublsh: now\n---\nx",
            "---\ntitle: T\npublish: now\n---\nx",
        ),
        (
            "unknown-key",
            "+++\ntitle = 'T'\nsumary = 'a'\n+++\nx",
            "+++\ntitle = 'T'\nsummary = 'a'\n+++\nx",
        ),
        (
            "relative-time",
            "---\ntitle: T\npublish: tomorrow at 9\n---\nx",
            "---\ntitle: T\npublish: 2026-11-23 09:00:00\n---\nx",
        ),
        (
            "relative-time",
            "title: T\npublish: in 2 hours\n\nx",
            "title: T\npublish: 2026-11-22 14:00:00\n\nx",
        ),
        ("tracking-link", f"# T\n\n[x]({LINK}&id=1)", "# T\n\n[x](https://a.example/x?id=1)"),
        ("tracking-link", "# T\n\n<https://a.example/?fbclid=1>", "# T\n\n<https://a.example/>"),
        (
            "link-moved",
            "# T\n\n[x](https://old.example/a) y",
            "# T\n\n[x](https://new.example/b) y",
        ),
    ],
)
def test_each_mend_does_what_its_finding_says(code: str, source: str, mended: str) -> None:
    """Mended, the note says what was meant, and there is nothing of the kind left to mend."""
    drafting = Drafting(
        IDENTITY, namespace=newsletter_namespace(URL), written=lambda _path: WRITTEN
    )
    found = check_note(proof(source, drafting=drafting)).findings
    moved = report_answer(
        "https://old.example/a", Answer(status=301, moved_to="https://new.example/b"), 3
    )
    done = mend(
        "here.md", source.encode(), [*found, *([moved] if code == "link-moved" and moved else [])]
    )
    assert done is not None
    assert (done.after.decode(), done.codes) == (mended, (code,))
    again = check_note(proof(mended, drafting=drafting)).findings
    assert code not in {one.code for one in again}


@each(
    ("before", "link"),
    [
        (f"title: {LINK}\n---\n", f"[a page]({LINK})"),
        (f"canonical: {LINK}\n---\n", f"<{LINK}>"),
        (f"title: T\n---\n`{LINK}`\n\n", f"see {LINK} there"),
        (f"title: T\n---\n```\n{LINK}\n```\n\n    {LINK}\n\n", f"a\nb [c](\n{LINK})"),
        (f"title: T\n---\n<!-- {LINK} -->\n\n", f'<a href="{LINK}">a page</a>'),
        (f"title: T\n---\n`{LINK}`\n\n", f"[a page][p]\n\n[p]: {LINK}"),
    ],
)
def test_a_link_is_mended_where_it_leads_and_nowhere_else(before: str, link: str) -> None:
    """Not in a key, in code or in a comment that has the same address; where its line is not known it is left."""
    source = f"---\n{before}{link}\n"
    mended = mend("a.md", source.encode(), fixes(source))
    after = source if mended is None else mended.after.decode()
    assert after.startswith(f"---\n{before}")
    assert (mended is None) == ("(\n" in link)
    assert mended is None or LINK not in after.removeprefix(f"---\n{before}")


def test_what_does_not_stand_there_once_is_left() -> None:
    """Twice in a line, or not at all, is nothing to guess about."""
    finding = warn("tracking-link", "x", 1, Fix(old="a", new="b"))
    assert mend("a.md", b"a a", [finding]) is None
    assert mend("a.md", b"x\na", [finding]) is None
    assert mend("a.md", b"a", [warn("x", "x", 9, Fix(old="a", new="b"))]) is None


@given(st.binary(max_size=200), st.integers(-1, 9))
def test_no_file_loses_anything(source: bytes, line: int) -> None:
    """Whatever the octets: without what is meant they stay, with it that alone changes."""
    mended = mend("a.md", source, [warn("x", "x", line, Fix(old="old", new="new"))])
    assert mended is None or mended.after.replace(b"new", b"old") == source.replace(b"new", b"old")


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """It is told; otherwise the file is replaced whole, with its mode."""
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    path.chmod(0o640)
    mended = mend("a.md", b"old", [warn("x", "x", 1, Fix(old="old", new="new"))])
    assert mended is not None
    path.write_bytes(b"other")
    with pytest.raises(NoteError, match="changed meanwhile"):
        mended.write(tmp_path)
    assert path.read_bytes() == b"other"
    path.write_bytes(b"old")
    mended.write(tmp_path)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o640)
    assert [one.name for one in tmp_path.iterdir()] == ["a.md"]
