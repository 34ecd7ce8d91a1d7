"""`newsletter subscribers` and `suppressions`: readers come, are looked up, go, and move in lists."""

from __future__ import annotations

import json
from pathlib import Path

from tests.worlds.commands import Run


def test_readers_are_added_looked_up_and_let_go(run: Run, folder: Path) -> None:
    """Add, list, show, unsubscribe and erase act on one reader; who left is not revived."""
    added = run(
        "subscribers", "add", "Ada@Example.com", "--name", "Ada", "--tag", "a", "--tag", "b"
    )
    assert added.code == 0
    assert run("subscribers", "add", "ada@example.com").code == 0, "once more is no mistake"
    shown = run("subscribers", "show", "ada@example.com", "--json").json()
    assert isinstance(shown, dict)
    assert (shown["address"], shown["tags"], shown["state"]) == (
        "Ada@example.com",
        ["a", "b"],
        "active",
    )
    assert [event["kind"] for event in shown["events"]] == ["added"]
    assert "Ada@example.com" in run("subscribers", "show", "ada@example.com").out
    for _ in range(2):
        assert run("subscribers", "unsubscribe", "ada@example.com").code == 0
    again = run("subscribers", "add", "ada@example.com")
    assert again.code == 1
    assert "unsubscribed" in again.err
    (left,) = run("subscribers", "list", "--state", "unsubscribed", "--json").json()  # type: ignore[misc]
    assert left["unsubscribed_at"]
    assert "--yes" in run("subscribers", "erase", "ada@example.com").err
    assert run("subscribers", "erase", "ada@example.com", "--yes").code == 0
    assert run("subscribers", "show", "ada@example.com").code == 1
    assert "--yes" not in run("subscribers", "erase", "stranger@example.com").err
    assert run("subscribers", "add", "not-an-address").code == 1


def test_an_address_may_come_with_its_name(run: Run, folder: Path) -> None:
    """As a mail program copies it; what --name says counts more."""
    assert run("subscribers", "add", "Zoë Ünal <zoe@example.com>").code == 0
    assert run("subscribers", "add", '"Doe, J." <j@example.com>', "--name", "Jo").code == 0
    listed = run("subscribers", "list", "--json").json()
    assert isinstance(listed, list)
    names = {one["address"]: one["name"] for one in listed if isinstance(one, dict)}
    assert names == {"zoe@example.com": "Zoë Ünal", "j@example.com": "Jo"}


def test_suppressions_are_kept_shown_and_lifted(run: Run, folder: Path) -> None:
    """A suppressed address cannot be added until the author lifts it."""
    assert run("suppressions", "add", "ada@example.com", "--evidence", "asked").code == 0
    assert run("subscribers", "add", "ada@example.com").code == 1
    (one,) = run("suppressions", "list", "--json").json()  # type: ignore[misc]
    assert (one["address"], one["reason"], one["evidence"]) == (
        "ada@example.com",
        "manual",
        "asked",
    )
    assert "asked" in run("suppressions", "list").out
    assert run("suppressions", "lift", "ada@example.com", "--json").json() == {"lifted": 1}
    assert run("suppressions", "lift", "ada@example.com").code == 1
    assert run("subscribers", "add", "ada@example.com").code == 0


def test_a_list_comes_in_and_goes_out(run: Run, folder: Path, tmp_path: Path) -> None:
    """Import reports each refused row, a dry run changes nothing, an export is its owner's alone."""
    source = tmp_path / "list.csv"
    source.write_text("email,name\nada@example.com,Ada\nnobody,\n", "utf-8")
    assert "without consent" in run("subscribers", "import", source).out
    tried = run("subscribers", "import", source, "--consent", "fair", "--dry-run", "--json")
    document = tried.json()
    assert isinstance(document, dict)
    assert (document["rows"], document["added"], document["dry_run"]) == (2, 1, True)
    assert [row["line"] for row in document["refused"]] == [3]
    assert run("subscribers", "list", "--json").json() == []
    assert "1 added, 1 refused" in run("subscribers", "import", source, "--consent", "fair").out
    target = tmp_path / "export.csv"
    assert run("subscribers", "export", target).code == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_bytes().decode("utf-8") == run("subscribers", "export").out
    assert run("subscribers", "export", target).code == 1, "an export overwrites nothing"


def test_a_file_that_breaks_off_changes_nothing(run: Run, folder: Path, tmp_path: Path) -> None:
    """A file is read to its end before its first row is taken."""
    source = tmp_path / "list.csv"
    source.write_text('email,name\nada@example.com,Ada\nbob@example.com,"Bob\n', "utf-8")
    ran = run("subscribers", "import", source, "--consent", "fair")
    assert ran.code == 1
    assert "line 3" in ran.err
    assert run("subscribers", "list", "--json").json() == []
    source.write_bytes(b"email,name\nada@example.com,J\xf6rg\n")
    assert "is not UTF-8" in run("subscribers", "import", source, "--consent", "fair").err
    assert "cannot be read" in run("subscribers", "import", tmp_path / "none.csv").err


def test_a_list_moves_to_another_newsletter(run: Run, folder: Path, tmp_path: Path) -> None:
    """What one newsletter exports, an empty one with the same secret imports and exports alike."""
    rows = "".join(f"{name}@example.com,=1+1,x\n" for name in ("ada", "bob", "eve", "joe"))
    (tmp_path / "list.csv").write_text(f"email,name,tags\n{rows}", "utf-8")
    run("subscribers", "import", tmp_path / "list.csv", "--consent", "fair")
    run("subscribers", "unsubscribe", "bob@example.com")
    run("suppressions", "add", "eve@example.com", "--evidence", "asked")
    run("subscribers", "erase", "joe@example.com", "--yes")
    exported = run("subscribers", "export").out
    (tmp_path / "all.csv").write_text(exported, "utf-8", newline="")
    for file in folder.glob("newsletter.db*"):
        file.unlink()
    assert "db init" in run("subscribers", "list").err
    assert run("db", "init").code == 0
    done = run("subscribers", "import", tmp_path / "all.csv", "--json")
    assert (done.code, json.loads(done.out)["refused"]) == (0, [])
    assert run("subscribers", "export").out == exported
    assert run("subscribers", "add", "joe@example.com").code == 1


def test_who_left_elsewhere_is_told_by_the_import(run: Run, folder: Path, tmp_path: Path) -> None:
    """The report counts and names them, and the columns that were not read, before and after (F17)."""
    source = tmp_path / "list.csv"
    source.write_text("email,doNotEmail,Shoe size\nin@example.com,0,44\nleft@example.com,1,40\n")
    tried = run("subscribers", "import", source, "--consent", "fair", "--dry-run").out
    assert "1 would be added, 1 would be refused" in tried
    assert "1 would be remembered as having left elsewhere" in tried
    assert "columns that were not read: Shoe size" in tried
    done = json.loads(run("subscribers", "import", source, "--consent", "fair", "--json").out)
    assert (done["added"], done["departed"], done["unread"]) == (1, 1, ["Shoe size"])
    assert done["refused"][0]["email"] == "left@example.com"
    wrong = run("subscribers", "import", source, "--departed", "maybe")
    assert wrong.code == 2
    assert "keep or drop" in wrong.err


def test_what_others_wrote_cannot_steer_the_terminal(run: Run, folder: Path) -> None:
    """Control characters in names and evidence are not printed."""
    run("suppressions", "add", "ada@example.com", "--evidence", "\x1b[2Jgone\nnew line")
    out = run("suppressions", "list").out
    assert "\x1b" not in out
    assert "gone new line" in out
