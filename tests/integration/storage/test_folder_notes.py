"""The notes folder on a real file system."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import pytest

from storage.model.errors import NoteError, NotesFolderError
from storage.notes.folder import MAX_NOTE_BYTES, FolderNotes
from storage.notes.walk import MAX_DEPTH, FileStat, Which

SECOND = 1_000_000_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty notes folder, with a neighbour that is none of our business."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.md").write_text("secret")
    (tmp_path / "outside" / "secret.png").write_bytes(b"x")
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


def put(root: Path, *paths: str) -> None:
    """Writes small files."""
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")


def found(root: Path) -> list[str]:
    """The paths a scan finds."""
    return [file.path for file in FolderNotes(root).scan().files]


def no_wait(_seconds: float) -> None:
    """A wait that must not happen."""
    pytest.fail("nothing needed a wait")


def test_notes_are_found_in_sub_folders(root: Path) -> None:
    """Every Markdown file below the folder is found, sorted, with its size and time."""
    put(root, "b.md", "a/c.markdown", "a/é ü.MD", "a/d.txt", "a/about.md")
    scan = FolderNotes(root).scan()
    assert [file.path for file in scan.files] == ["a/about.md", "a/c.markdown", "a/é ü.MD", "b.md"]
    assert scan.files[3].size == 1
    assert scan.files[3].mtime_ns == (root / "b.md").stat().st_mtime_ns
    assert scan.faults == ()


def test_a_note_is_told_by_the_end_of_its_name(root: Path) -> None:
    """What `[notes] suffixes` names, in any case; Hugo's list pages are none, whatever they end with."""
    put(root, "a.MDX", "b.Rmd", "c.qmd", "d.mkd", "_index.fr.md", "_index.mdx", "_indexed.md")
    names = [file.path for file in FolderNotes(root).scan().files]
    assert names == ["_indexed.md", "a.MDX", "b.Rmd", "c.qmd", "d.mkd"]
    only = FolderNotes(root, Which(suffixes=(".mdx",))).scan().files
    assert [file.path for file in only] == ["a.MDX"]


def test_patterns_say_which_files_are_notes(root: Path) -> None:
    """Only what fits `include`, and nothing that fits `exclude`, also what lies behind a link."""
    put(root, "posts/a.md", "posts/deep/b.md", "posts/c.draft.md", "private/d.md", "e.md")
    (root / "posts" / "away").symlink_to(root / "private")
    (root / "posts" / "linked.draft.md").symlink_to(root / "e.md")
    which = Which(include=("posts/**",), exclude=("*.draft.md", "posts/away"))
    assert [file.path for file in FolderNotes(root, which).scan().files] == [
        "posts/a.md",
        "posts/deep/b.md",
    ]


@pytest.mark.parametrize(
    "path",
    [".obsidian/a.md", ".git/a.md", ".trash/a.md", "node_modules/x/a.md", ".a.md", "a.md~", ".a.md.swp",
     "#a.md#", "a.md.tmp", "~a.md", "a.sync-conflict-20260101-120000-ABC.md",
     "a (conflicted copy 2026-01-01).md", "a (Conflicted copy phone 202601011200).md",
     "a (SFConflict ada@example.com 2026-01-01-10-11-12).md", "about.md", "_index.md", "x/_index.md"],
)  # fmt: skip
def test_what_is_no_note_is_skipped(root: Path, path: str) -> None:
    """Hidden, backup, temporary and conflict files are no notes, nor are the special pages."""
    put(root, path, "note.md")
    assert found(root) == ["note.md"]


def test_links_out_of_the_folder_are_not_followed(root: Path) -> None:
    """A link that leads out is reported and neither listed nor read (rule G11)."""
    (root / "file.md").symlink_to(root.parent / "outside" / "secret.md")
    (root / "folder").symlink_to(root.parent / "outside")
    (root / "p.png").symlink_to(root.parent / "outside" / "secret.png")
    scan = FolderNotes(root).scan()
    assert scan.files == ()
    assert {fault.path for fault in scan.faults} == {"file.md", "folder"}
    for path in ("file.md", "folder/secret.md"):
        with pytest.raises(NoteError, match="leads out"):
            FolderNotes(root).read(path)
    assert FolderNotes(root).media("p.png") is None


def test_links_inside_the_folder_count_once(root: Path) -> None:
    """A file seen by its own name is not seen again by a link; loops end."""
    put(root, "a/note.md", ".drafts/only.md")
    (root / "again.md").symlink_to(root / "a" / "note.md")
    (root / "b").symlink_to(root / "a")
    (root / "a" / "up").symlink_to(root)
    (root / "self.md").symlink_to(root / "self.md")
    (root / "picked.md").symlink_to(root / ".drafts" / "only.md")
    assert found(root) == ["a/note.md", "picked.md"]
    assert FolderNotes(root).read("picked.md") == b"x"


def test_a_missing_folder_is_an_error(root: Path) -> None:
    """A folder that is not there is never taken for a folder without notes."""
    with pytest.raises(NotesFolderError, match=r"\[notes\] path"):
        FolderNotes(root / "nope").scan()
    put(root, "file")
    with pytest.raises(NotesFolderError):
        FolderNotes(root / "file").scan()


def test_a_note_of_a_folder_that_has_gone_is_not_a_missing_note(root: Path) -> None:
    """Who reads on while the folder is taken away hears that, and not of each note that it is not there."""
    put(root, "a.md")
    store = FolderNotes(root)
    with pytest.raises(NoteError, match="does not exist"):
        store.read("b.md")
    root.rename(root.with_name("elsewhere"))
    with pytest.raises(NotesFolderError):
        store.read("a.md")


def test_names_that_are_no_text_are_reported(root: Path) -> None:
    """A name that is not UTF-8 or holds controls is a fault; the other notes are found."""
    put(root, "ok.md", "a\nb.md")
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.md")).write_text("x")
    scan = FolderNotes(root).scan()
    assert [file.path for file in scan.files] == ["ok.md"]
    assert len(scan.faults) == 2
    for fault in scan.faults:
        fault.path.encode()


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may read everything, so for a while the tests are nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_is_unreadable_is_reported() -> None:
    """A folder or a file that cannot be read is a fault; the other notes are found."""
    with TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        put(root, "ok.md", "shut/a.md", "closed.md")
        (root / "closed.md").chmod(0)
        (root / "shut").chmod(0)
        with without_privileges():
            scan = FolderNotes(root).scan()
            with pytest.raises(NoteError, match="cannot be read"):
                FolderNotes(root).read("closed.md")
        (root / "shut").chmod(0o755)
    assert [file.path for file in scan.files] == ["closed.md", "ok.md"]
    assert [fault.path for fault in scan.faults] == ["shut"]


def test_a_link_to_what_cannot_be_looked_at_is_reported() -> None:
    """What lies below it may be there as ever: it is hidden by the fault, and not taken for gone."""
    with TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        put(root, "ok.md", "shut/inner/a.md")
        (root / "linked").symlink_to("shut/inner")
        (root / "shut").chmod(0)
        with without_privileges():
            scan = FolderNotes(root).scan()
        (root / "shut").chmod(0o755)
    assert [file.path for file in scan.files] == ["ok.md"]
    assert sorted(fault.path for fault in scan.faults) == ["linked", "shut"]


class Stale:
    """The entries of a folder on NFS whose server has forgotten it: opened as ever, and not to be listed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def __iter__(self) -> Iterator[os.DirEntry[str]]:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))


@pytest.mark.parametrize("which", ["", "below"])
def test_a_folder_that_goes_stale_while_it_is_listed_is_not_empty(
    root: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    """The notes folder itself is an error, one below it a fault: nobody takes its notes for removed."""
    put(root, "ok.md", "below/a.md")
    listing = os.scandir
    monkeypatch.setattr(
        os, "scandir", lambda path: Stale() if Path(path) == root / which else listing(path)
    )
    if which:
        scan = FolderNotes(root).scan()
        assert [fault.path for fault in scan.faults] == ["below"]
    else:
        with pytest.raises(NotesFolderError, match="Stale file handle"):
            FolderNotes(root).scan()


def test_folders_too_deep_are_reported(root: Path) -> None:
    """Folders within folders without end are a fault, not a crash."""
    put(root, "ok.md", "d/" * (MAX_DEPTH + 2) + "deep.md")
    scan = FolderNotes(root).scan()
    assert [file.path for file in scan.files] == ["ok.md"]
    assert len(scan.faults) == 1


@pytest.mark.parametrize(
    "path",
    ["../outside/secret.md", "/etc/passwd", "", ".", "a/../../outside/secret.md", ".git/config",
     "a\0.md", "missing.md", "folder", "pipe.md", "..\\outside\\secret.md", "x" * 5000],
)  # fmt: skip
def test_only_notes_inside_are_read(root: Path, path: str) -> None:
    """Anything but a regular file inside the folder is a NoteError, and nothing blocks."""
    (root / "folder").mkdir()
    os.mkfifo(root / "pipe.md")
    with pytest.raises(NoteError):
        FolderNotes(root).read(path)


def test_the_size_of_a_note_is_limited(root: Path) -> None:
    """A note may have MAX_NOTE_BYTES and not a byte more."""
    (root / "a.md").write_bytes(b"x" * MAX_NOTE_BYTES)
    (root / "b.md").write_bytes(b"x" * (MAX_NOTE_BYTES + 1))
    assert len(FolderNotes(root).read("a.md")) == MAX_NOTE_BYTES
    with pytest.raises(NoteError, match="larger than 1 MB"):
        FolderNotes(root).read("b.md")


def test_the_about_page_is_apart(root: Path) -> None:
    """The About page is read by its own name, if there is one."""
    assert FolderNotes(root).about() is None
    (root / "about.md").write_text("Hi")
    assert FolderNotes(root).about() == b"Hi"


def test_media_are_pictures_inside(root: Path) -> None:
    """Only visible files of known types inside the folder are served, with their type."""
    put(root, "a/p.PNG", "p.svg", "p.html", ".h/p.png", "note.md")
    media = FolderNotes(root).media("a/p.PNG")
    assert media is not None
    assert (media.content_type, media.size, media.file.read_bytes()) == ("image/png", 1, b"x")
    for path in ("p.html", ".h/p.png", "note.md", "no.png", "../outside/secret.png", "a"):
        assert FolderNotes(root).media(path) is None
    (root / "trick.png").symlink_to(root / "note.md")
    assert FolderNotes(root).media("trick.png") is None


# ── settling ─────────────────────────────────────────────────────────────────────────────────


def one(root: Path) -> tuple[FileStat, Callable[[], int]]:
    """The note `n.md` and a clock that stands at its last change."""
    put(root, "n.md")
    stat = next(file for file in FolderNotes(root).scan().files if file.path == "n.md")
    return stat, lambda: stat.mtime_ns


def test_old_files_need_no_wait(root: Path) -> None:
    """Files that have rested are stable at once."""
    stat, clock = one(root)
    resting = FolderNotes(root).resting([stat], wait=no_wait, now_ns=lambda: clock() + SECOND)
    assert (resting.stable, resting.unstable) == ({"n.md"}, set())


def test_a_file_being_written_is_unstable(root: Path) -> None:
    """A young file that changes during the wait is left for the next poll."""
    stat, clock = one(root)

    def write(_seconds: float) -> None:
        (root / "n.md").write_text("more")

    resting = FolderNotes(root).resting([stat], wait=write, now_ns=clock)
    assert (resting.stable, resting.unstable) == (set(), {"n.md"})


def test_a_file_that_vanishes_is_unstable(root: Path) -> None:
    """A young file that is gone after the wait is left for the next poll."""
    stat, clock = one(root)
    resting = FolderNotes(root).resting(
        [stat], wait=lambda _seconds: (root / "n.md").unlink(), now_ns=clock
    )
    assert resting.unstable == {"n.md"}


def test_a_young_file_that_rests_is_stable(root: Path) -> None:
    """One short wait is enough, for any number of young files, and the future holds none back."""
    put(root, "m.md")
    os.utime(root / "m.md", ns=(0, 1 << 62))
    _stat, clock = one(root)
    waits: list[float] = []
    files = FolderNotes(root).scan().files
    resting = FolderNotes(root).resting(files, wait=waits.append, now_ns=clock)
    assert resting.stable == {"m.md", "n.md"}
    assert waits == [0.5]
