"""A note in the browser before anybody else sees it: views, pictures, and whom they are for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from newsletter import Newsletter
from scripts.commands.writing.serving import Stage
from tests.worlds.commands import Run

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000000000200015e27f4420000000049454e44ae426082"
)


@pytest.fixture
def stage(run: Run, folder: Path) -> Iterator[Stage]:
    """A private note with a picture, served."""
    notes = folder / "notes"
    (notes / "dot.png").write_bytes(PNG)
    (notes / "other.png").write_bytes(PNG)
    (notes / "mine.md").write_text("# Mine <b>\n\nWords. ![A dot](dot.png)\n", "utf-8")
    opened = Newsletter.open(folder / "newsletter.toml")
    with opened as newsletter, Stage(newsletter, "mine", 0) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def test_every_view_is_there_with_its_picture(stage: Stage) -> None:
    """Page, mail in light and dark, and text; the note's own picture and no other file."""
    with httpx.Client(base_url=stage.address) as browser:
        overview = browser.get("/")
        assert overview.text.count("<iframe") == 5
        for view in ("page", "mail/light", "mail/dark", "mail/phone"):
            shown = browser.get(f"/{view}")
            assert shown.status_code == 200
            assert "Words." in shown.text
            assert 'src="/media/dot.png"' in shown.text
            assert shown.headers["cache-control"] == "no-store"
        assert "Words." in browser.get("/text").text
        assert browser.get("/media/dot.png").content == PNG
        assert browser.get("/media/other.png").status_code == 404
        assert browser.get("/media/../newsletter.toml").status_code == 404
        style = browser.get("/page").text.partition('rel="stylesheet" href="')[2].partition('"')[0]
        assert browser.get(style).headers["content-type"].startswith("text/css")


def test_it_is_shown_anew_when_it_is_saved(stage: Stage, folder: Path) -> None:
    """The mark changes with the file; what cannot be read is said in the view."""
    with httpx.Client(base_url=stage.address) as browser:
        before = browser.get("/mark").json()
        note = folder / "notes" / "mine.md"
        note.write_text("# Mine\n\nOther words.\n", "utf-8")
        assert browser.get("/mark").json() != before
        assert "Other words." in browser.get("/page").text
        note.write_text("---\npublish: perhaps\n---\nx\n", "utf-8")
        assert "must be" in browser.get("/mail/light").text


def test_it_is_for_this_machine_alone(stage: Stage) -> None:
    """Another site whose name leads here is refused, and it listens on loopback."""
    assert stage.server_address[0] == "127.0.0.1"
    refused = httpx.get(stage.address, headers={"Host": "evil.example:80"})
    assert refused.status_code == 403
    assert "Words" not in refused.text
