"""An author's templates and files over ours."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from jinja2 import UndefinedError
from structlog.testing import capture_logs

from storage.model.colours import palette_of
from web.pages.theme import Theme

PALETTE = palette_of("#7a1f5c")


def theme(folder: Path | None) -> Theme:
    """A theme that can render the smallest page."""
    made = Theme(folder, PALETTE, {})
    made.equip({"_": lambda words, **_: words, "link": str}, {})
    return made


def test_the_style_sheet_wears_the_palette(tmp_path: Path) -> None:
    """Ours begins with the colours, the author's own does, too; `theme.css` is added at the end."""
    ours = theme(None).assets["site.css"].body
    assert ours.startswith(b":root{color-scheme:light dark;--paper:")
    assert b"--accent:#7a1f5c;" in ours
    (tmp_path / "theme.css").write_text("h1 { color: red }")
    added = theme(tmp_path)
    assert added.assets["site.css"].body == ours + b"\nh1 { color: red }"
    assert "theme.css" not in added.assets
    (tmp_path / "theme.css").unlink()
    (tmp_path / "site.css").write_text("body{}")
    assert theme(tmp_path).assets["site.css"].body.endswith(b"}\nbody{}")


def test_files_of_a_theme_are_served_by_what_they_are(tmp_path: Path) -> None:
    """Pictures and fonts; no program, nothing hidden, nothing large."""
    for name in ("a.woff2", "b.png", "c.js", ".hidden.css", "d.html", "e.svg"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "f.png").write_bytes(b"x" * 2_000_001)
    own = theme(tmp_path).own
    assert own == {"a.woff2", "b.png", "e.svg"}


def test_a_template_stands_in_for_ours(tmp_path: Path) -> None:
    """It is rendered instead, escaped as ours are, and may be made of ours."""
    (tmp_path / "taken.html").write_text("<p>{{ said }}</p>")
    assert theme(tmp_path).render("taken.html", {"said": "<b>"}) == "<p>&lt;b&gt;</p>"
    (tmp_path / "taken.html").write_text('{% import "ours/_form.html" as form %}ok')
    assert theme(tmp_path).render("taken.html", {}).endswith("ok")


def test_a_file_that_is_no_text_is_told_by_its_name(tmp_path: Path) -> None:
    """Once, and ours is shown instead; links that lead nowhere and folders with a template's name are passed over."""
    (tmp_path / "moved.html").write_bytes(b"\xff\xfe bad")
    (tmp_path / "home.html").symlink_to(tmp_path / "nowhere")
    (tmp_path / "about.html").mkdir()
    with capture_logs() as logs:
        made = theme(tmp_path)
        for _ in range(2):
            with suppress(UndefinedError):  # ours wants more than this test has
                made.render("moved.html", {})
    assert [one["file"] for one in logs] == [str(tmp_path / "moved.html")]
