"""Writes the pages of the manual that are made from the code: `make docs` calls it, a test compares.

Options of every command from the commands themselves, routes from the site itself.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer

from newsletter import Newsletter
from newsletter.config import render_template
from scripts.cli import app
from scripts.helping import rows_of_options
from web.routes import Vitals
from web.site import create_admin, create_app

FOLDER: Final = Path(__file__).parents[1] / "docs" / "reference"

_MADE: Final = "<!-- made by scripts/manual.py of the code: change that, then `make docs` -->"
_OPTIONS: Final = f"""# Options of every command

{_MADE}

What each command takes, as `--help` shows it. What commands do, with examples, is in [commands](../commands.md); their
[exit codes](../commands.md#exit-codes) are the same for all.
"""
_ROUTES: Final = f"""# Routes

{_MADE}

What the service answers, over HTTP. A name in braces stands for a part of the address. GET includes HEAD. Anything else is
answered 404; an old address of an issue (`aliases`) 301, and one that ends in a slash 308.
"""
_PARTS: Final = (
    ("/desk", "The desk", "Only with `[desk] enabled`, and for whoever has a session: [the desk](../desk.md)."),
    ("/outbox", "The outbox", "Only with the embedded outbox (`[smtp] url = \"outbox:…\"`)."),
    ("/webhooks", "Web hooks", "Only for services that [`[webhooks]`](../configuration.md#webhooks) names."),
    ("/feed-news", "The hub", "Only where [a feed is followed](../notes.md#a-feed-as-notes)."),
    ("", "The site", "For everybody."),
)  # fmt: skip
_ADMIN: Final = (
    "The operator's listener",
    "On `[web] admin_port`, on this machine alone: [watching](../operations.md#watching).",
)


_VIEWS: Final = {
    "/desk": "What needs its author, mail on its way, what comes next.",
    "/desk/notes": "Every note of the folder.",
    "/desk/note": "One note (`?note=`): what the check finds, its mail.",
    "/desk/note/mail": "The mail of a note, for its frame.",
    "/desk/calendar": "What goes out, and when.",
    "/desk/issues": "Every issue.",
    "/desk/issues/{slug}": "One issue, and what the relay said of its mail.",
    "/desk/readers": "Readers, searched by address, name, tag and state.",
    "/desk/readers.csv": "All readers as CSV, to be kept.",
    "/desk/readers/{number}": "One reader's consent and mail.",
    "/desk/returned": "Addresses never mailed; reports that were set aside.",
    "/desk/returned/{number}": "One report.",
    "/desk/numbers": "Readers and issues over time.",
    "/desk/numbers.svg": "The same as a picture, with its words and data in it.",
    "/desk/doctor": "What the doctor finds, on request.",
    "/desk/progress": "How the mail under way stands, for the page's script.",
    "/desk/media/{path}": "A picture of a note, although it is private.",
}
"""Views of the desk stand behind its door, which hides what they say of themselves."""


def make_pages() -> dict[str, str]:
    """The text of each page, by its file's name."""
    return {"options.md": _make_options(), "routes.md": _make_routes()}


def main() -> None:
    """Writes the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in make_pages().items():
        (FOLDER / name).write_text(text, "utf-8")


# ── options ──────────────────────────────────────────────────────────────────────────────────


def _make_options() -> str:
    return "\n".join([_OPTIONS, *(_section(*one) for one in _commands())])


def _commands() -> Iterator[tuple[str, Any, Any]]:
    todo: list[tuple[str, Any, Any]] = [("newsletter", typer.main.get_command(app), None)]
    while todo:
        path, command, parent = todo.pop(0)
        name = path.rpartition(" ")[2]
        context = command.context_class(command, info_name=name, parent=parent)
        yield path, command, context
        inner = getattr(command, "commands", {}).items()
        todo[:0] = [(f"{path} {one}", sub, context) for one, sub in inner]


def _section(path: str, command: Any, context: Any) -> str:
    usage = " ".join(command.collect_usage_pieces(context))
    rows = [
        f"| `{_cell(name)}` | {_cell(about)} |"
        for name, about in rows_of_options(command.get_params(context), context)
        if name != "--help"
    ]
    table = ["", "| | |", "| --- | --- |", *rows] if rows else []
    sentence = command.get_short_help_str(500)
    return "\n".join([f"## `{path}`", "", sentence, "", f"    {path} {usage}", *table, ""])


def _cell(about: str) -> str:
    return re.sub(r"\s+", " ", about).replace("|", "\\|")


# ── routes ───────────────────────────────────────────────────────────────────────────────────


def _make_routes() -> str:
    with tempfile.TemporaryDirectory() as folder, _everything_on(Path(folder)) as newsletter:
        site: list[Any] = [one for one in create_app(newsletter).routes if hasattr(one, "methods")]
        admin = create_admin(Vitals(newsletter), max_body=1)
        looked: list[Any] = [one for one in admin.routes if hasattr(one, "methods")]
    sections = [_ROUTES]
    rest = site
    parts = []
    for prefix, title, about in _PARTS:
        parts.append((title, about, [one for one in rest if one.path.startswith(prefix)]))
        rest = [one for one in rest if not one.path.startswith(prefix)]
    for title, about, routes in [*parts[::-1], (*_ADMIN, looked)]:
        rows = [_route(one) for one in routes]
        sections += [f"## {title}\n\n{about}\n\n| address | methods | |\n| --- | --- | --- |"]
        sections += [*rows, ""]
    return "\n".join(sections)


def _everything_on(folder: Path) -> Newsletter:
    config = folder / "newsletter.toml"
    text = render_template(title="T", url="http://127.0.0.1:8000", sender="T <t@example.com>")
    text = text.replace("enabled = false", "enabled = true")
    text = text.replace('feed = ""', 'feed = "https://blog.example.com/feed.xml"', 1)
    config.write_text(text.replace('postmark = ""', 'postmark = "hook:password"'), "utf-8")
    (folder / "notes").mkdir()
    return Newsletter.open(config)


def _route(route: Any) -> str:
    methods = ", ".join(sorted((route.methods or {"GET"}) - {"HEAD"}))
    path = re.sub(r":[a-z]+}", "}", route.path)
    about = (route.endpoint.__doc__ or "").partition("\n")[0] or _VIEWS.get(path, "")
    about = re.sub(r" \((?:rules? |RFC )[^)]*\)", "", about)
    return f"| `{path}` | {methods} | {_cell(about)} |"


if __name__ == "__main__":
    main()
