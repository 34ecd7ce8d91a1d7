"""A first look at a folder: what is in it, what will become of it, and why not of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter import Newsletter
from newsletter.authoring.survey import EXAMPLES, FAULTS, Kind, Line
from tests.worlds.publishing.notes import Folder, front

CONFIG = """
[newsletter]
title = "Working Notes"
url = "https://notes.example.com"
sender = "Working Notes <notes@example.com>"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty notes folder."""
    root = tmp_path / "notes"
    root.mkdir()
    return Folder(root)


@pytest.fixture
def newsletter(folder: Folder) -> Iterator[Newsletter]:
    """A newsletter that has published nothing."""
    config = folder.root.parent / "newsletter.toml"
    config.write_text(CONFIG)
    with Newsletter.open(config, environ={}, clock=folder.clock) as opened:
        yield opened


def told(lines: list[Line]) -> dict[tuple[str, str], int]:
    """How often each thing was found."""
    return {(line.kind.value, line.reason): line.count for line in lines}


def test_a_first_look_tells_what_will_become_of_every_note(
    newsletter: Newsletter, folder: Folder
) -> None:
    """Mailed, too late to mail, waiting, private and why: each note is in one of these lines."""
    folder.write("mailed.md", publish="now")
    folder.write("old.md", publish="2020-01-01")
    folder.write("quiet.md", publish="now", email="false")
    folder.write("later.md", publish="2099-01-01")
    folder.write("commanded.md")
    newsletter.schedule("commanded.md", "2099-01-01")
    folder.write("dated.md", date="2020-01-01", created="2020-01-01", layout="post")
    folder.write("plain.md", layout="post")
    folder.write("timeless.md", publish="true")
    folder.write("draft.md", publish="now", draft="true")
    folder.write("hidden.md", publish="now", status="draft")
    folder.write("gone.md", publish="2020-01-01", expiryDate="2020-02-01")
    folder.write("_drafts/x.md", publish="now")
    folder.write("broken.md", publish="[1")
    lines = newsletter.parts.survey.run()
    assert told(lines) == {
        ("notes", ""): 13,
        ("would-be-mailed", ""): 1,
        ("would-be-published", "too late to mail: more than 24 h after their time"): 1,
        ("would-be-published", "they say `email: false`"): 1,
        ("later", ""): 1,
        ("later", "scheduled by command"): 1,
        (
            "kept-back",
            "it has no key that opts it in, but has `created`, `date` (see `[notes] date_keys`)",
        ): 1,
        ("kept-back", "it has no key that opts it in"): 1,
        ("kept-back", "it is opted in and says no time"): 1,
        ("kept-back", "it is a draft"): 1,
        ("kept-back", "it says `status: draft`"): 1,
        ("kept-back", "its `expiryDate` is past"): 1,
        ("kept-back", "it lies in the folder `_drafts`"): 1,
        ("unusable", ""): 1,
    }
    assert sum(line.count for line in lines[1:]) == lines[0].count
    newsletter.poll()
    assert told(newsletter.parts.survey.run())["published", ""] == 3


def test_a_first_look_tells_of_files_that_no_look_can_take(
    newsletter: Newsletter, folder: Folder
) -> None:
    """Whose name is no text, that lead out of the folder or to nothing, and a second note of one id."""
    folder.write("a.md", publish="now", id="same")
    folder.write("b.md", publish="now", id="same")
    folder.write("c.md", publish="now", id="same", draft="true")
    (folder.root / "d\te.md").write_text("x")
    (folder.root / "f.md").symlink_to("/etc/passwd")
    (folder.root / "g.md").symlink_to("nowhere")
    for _ in range(2):
        lines = {one.kind: one for one in newsletter.parts.survey.run()}
        assert [one.partition(":")[0] for one in lines[Kind.UNUSABLE].examples] == [
            *("d\te.md", "f.md", "g.md"),
            "b.md",
        ]
        assert lines[Kind.NOTES].count == 6
        newsletter.poll()


def test_a_first_look_tells_what_may_hide_notes_and_is_not_read(
    newsletter: Newsletter, folder: Folder
) -> None:
    """A generator's configuration beside the notes folder, and its data as a program, each once."""
    folder.root.with_name("hugo.toml").write_text("[cascade]\ndraft = true\n")
    folder.save("a/a.11tydata.js", "module.exports = { permalink: false };")
    folder.write("a/one.md", publish="now")
    folder.write("a/two.md", publish="now")
    (line,) = [one for one in newsletter.parts.survey.run() if one.kind is Kind.UNREAD]
    assert [one.partition(" ")[0] for one in line.examples] == ["../hugo.toml", "`a/a.11tydata.js`"]
    assert line.count == 2


def test_a_first_look_tells_what_readers_would_miss(newsletter: Newsletter, folder: Folder) -> None:
    """Pictures that are not there, links to what is not published, a generator's language; links
    among notes that would be published are none of these.
    """
    body = "Words.\n\n[a](two.md) [b](private.md) [[Nowhere]] ![x](no.png)\n\n{% widget %}\n"
    folder.write("one.md", body, publish="2020-01-01")
    folder.write("two.md", "[back](one.md)", publish="2020-01-02")
    folder.write("private.md", "[z](nowhere.md) ![z](z.png)")
    found = {line.kind: line for line in newsletter.parts.survey.run()}
    assert found[Kind.PICTURES].examples == ["one.md: the picture `no.png` is not there"]
    assert found[Kind.LINKS].count == 2
    assert found[Kind.TEMPLATES].count == 1
    assert "{% widget %}" in found[Kind.TEMPLATES].examples[0]
    assert not {Kind.PICTURES, Kind.LINKS, Kind.TEMPLATES} & {
        line.kind for line in newsletter.parts.survey.run(brief=True)
    }


def test_a_survey_of_many_notes_stays_small(newsletter: Newsletter, folder: Folder) -> None:
    """However many notes there are, of each kind a few are named; progress goes up to the end."""
    for number in range(60):
        folder.save(f"bad{number}.md", "---\npublish: [\n---\nx")
        folder.save(f"good{number}.md", front("![](no.png)", publish="2020-01-01"))
    steps: list[tuple[int, int]] = []
    lines = newsletter.parts.survey.run(progress=lambda done, total: steps.append((done, total)))
    named = {line.kind: len(line.examples) for line in lines}
    assert named[Kind.UNUSABLE] == FAULTS
    assert named[Kind.PICTURES] == EXAMPLES
    assert [done for done, _total in steps] == sorted(done for done, _total in steps)
    assert {total for _done, total in steps} == {240}


def test_an_empty_folder_is_told(newsletter: Newsletter) -> None:
    """No note is a line, too."""
    assert told(newsletter.parts.survey.run(brief=True)) == {("notes", ""): 0}


def test_what_will_be_there_is_not_missing(newsletter: Newsletter, folder: Folder) -> None:
    """Links to notes that come out with it, by an old address as well, and embeds of them, are no loss; a
    player, a formula and a sound that is not there are told.
    """
    folder.write("a.md", "[x](/old/address/)\n\n![[b]]\n\nWords.", publish="2020-01-01")
    folder.write("b.md", "Words of b.", publish="2021-01-01", aliases="[/old/address/]")
    folder.write(
        "c.md",
        'W. $\\unknowncmd{x}$\n\n<audio src="gone.mp3"></audio>\n\n![[c]]',
        publish="2022-01-01",
    )
    found = told(newsletter.parts.survey.run())
    lost = {
        kind: count
        for (kind, _reason), count in found.items()
        if kind not in {"notes", "would-be-published"}
    }
    assert lost == {"maths": 1, "player": 1, "missing-file": 1, "embed": 1}
