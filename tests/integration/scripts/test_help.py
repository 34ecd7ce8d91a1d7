"""What `newsletter --help` shows, and what it waits for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from scripts.commands.table import COMMANDS, Commands
from tests.peers.nursery import PROGRAM, run_forked
from tests.peers.relays.counting import Relay
from tests.worlds.publishing.due import settle

ROOT = Path(__file__).parents[3]
OURS = {"words", "storage", "feeds", "mailer", "newsletter", "scripts"}
LIBRARIES = {"typer", "shellingham", "annotated_doc"}
"""All that is installed and may be loaded before a command is known."""
LOOKING = LIBRARIES | {
    *("sqlalchemy", "pydantic", "pydantic_core", "annotated_types", "typing_inspection"),
    *("typing_extensions", "cython_runtime"),
}
"""All that is installed and may be loaded by commands that look at the database."""
READING = LOOKING | {"yaml", "_yaml", "markupsafe"}
"""… and by those that look at when notes go out, too."""
UNUSED = {
    *("asyncio.events", "importlib.metadata._meta", "ssl", "zipfile", "email.message"),
    *("sqlalchemy.dialects.postgresql", "storage.model.terms", "mailer.replies.words"),
    *("feeds.markdown.parser", "feeds.markdown.render", "feeds.markdown.maths.mathml"),
}
"""What costs most of what is Python's, of libraries and ours, and is needed by nobody who looks."""

OF_SERVICES = {
    *("apscheduler", "aiosmtpd", "newsletter.service.service", "mailer.inbound.imap"),
    *("newsletter.subscribing.lists", "newsletter.subscribing.signupdesk", "newsletter.watching"),
}
"""What only a process needs that runs for long, or that takes mail and sign-ups."""


def run(program: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs a few lines of Python in a process of their own."""
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **environ},
    )


def test_all_commands_stand_under_the_headings_of_the_document() -> None:
    """Each once, its line whole within 80 columns, under the heading that docs/commands.md has."""
    show = "from scripts.cli import main; main(['--help'])"
    shown = run(show, COLUMNS="80").stdout
    assert not [
        line for line in shown.splitlines() if len(line) > 80 or re.search(r"[a-z]\.\.\.$", line)
    ]
    listed = {
        heading: set(re.findall(r"^  ([a-z]+)  ", lines, flags=re.MULTILINE))
        for heading, lines in re.findall(
            r"^([A-Z][a-z ]+):\n((?:  .+\n?)+)", shown, flags=re.MULTILINE
        )
        if heading != "Options"
    }
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    documented = {
        heading: set(re.findall(r"^### `newsletter ([a-z]+)`", body, flags=re.MULTILINE))
        for heading, body in re.findall(r"^## (.+)\n((?:(?!## ).*\n)+)", text, flags=re.MULTILINE)
        if heading not in ("Exit codes", "`newsletter`")
    }
    assert listed == documented
    assert list(listed) == list(documented)


def test_the_table_of_commands_says_what_each_command_says_of_itself() -> None:
    """Help lists commands without loading them: the table has their first sentences, and its places exist."""
    commands = Commands()
    assert len(commands) > 30
    for row in COMMANDS:
        assert row.sentence == commands[row.name].get_short_help_str(500), row.name


def test_help_waits_for_no_library() -> None:
    """What sends, stores or serves is loaded by the command that needs it, and so are the commands."""
    show = (
        "import sys; from scripts.cli import app; app(['--help'], standalone_mode=False);"
        "print(*sys.modules, file=sys.stderr)"
    )
    names = run(show).stderr.split()
    assert _foreign(names) - LIBRARIES == {"scripts", "storage"}
    assert not [name for name in names if re.match(r"storage\.(?!model\b)", name)]
    assert "asyncio" not in names
    assert [name for name in names if name.startswith("scripts.commands.")] == [
        "scripts.commands.table"
    ]


def test_a_command_that_looks_loads_what_it_needs(tmp_path: Path) -> None:
    """The commands that are typed many times a day load no library of mail, feeds, pages or logs."""
    program = (
        "import sys\n"
        "from scripts.later import load_when_used\n"
        "load_when_used()\n"
        "from scripts.cli import app\n"
        "for line in ('subscribers list', 'issues', 'status', 'calendar'):\n"
        "    app(['--config', sys.argv[1], *line.split()], standalone_mode=False)\n"
        "    print('loaded', *sys.modules)\n"
    )
    assert run_forked([PROGRAM, "init", tmp_path]).returncode == 0
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "newsletter.toml")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    loaded = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("loaded ")]
    assert len(loaded) == 4
    for names, allowed in zip(loaded, [LOOKING] * 3 + [READING], strict=True):
        assert _foreign(names) - OURS - allowed == set()
    for names in loaded:
        assert UNUSED & set(names) == set()


def test_a_sending_loads_nothing_of_a_service(tmp_path: Path) -> None:
    """What mails an issue by a relay loads no scheduler, no server and no mailbox, and nothing of joining where nobody
    waits to join: that took a tenth of all that a sending of a hundred messages does.
    """
    program = (
        "import sys\n"
        "from scripts.later import load_when_used\n"
        "load_when_used()\n"
        "from scripts.cli import app\n"
        "app(['--config', sys.argv[1], 'send'], standalone_mode=False)\n"
        "print('loaded', *sys.modules)\n"
    )
    with Relay().serving() as relay:
        config = settle(
            tmp_path, "sqlite:///n.db", f"smtp://127.0.0.1:{relay.port}?tls=none", readers=3
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(config)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        assert len(relay.accepted) == 3
    (loaded,) = [line.split() for line in done.stdout.splitlines() if line.startswith("loaded ")]
    assert "mailer.smtp.session" in loaded
    assert OF_SERVICES & set(loaded) == set()


def test_what_is_loaded_later_is_the_same_then() -> None:
    """A module that only stands by its name gives all that it has, to whoever took it before or takes it later."""
    program = (
        "import sys\n"
        "from scripts.later import LATER, load_when_used\n"
        "load_when_used()\n"
        "import asyncio, importlib.metadata\n"
        "from importlib.metadata import entry_points\n"
        "from importlib import metadata\n"
        "early = sys.modules['asyncio'], metadata\n"
        "print('asyncio.events' in sys.modules, 'importlib.metadata._meta' in sys.modules)\n"
        "print(asyncio.iscoroutine(1), asyncio.run(asyncio.sleep(0, 'slept')))\n"
        "print(metadata.version('typer') == importlib.metadata.version('typer'), len(entry_points()) > 0)\n"
        "print([getattr(one, 'no_such', None) for one in early])\n"
        "import asyncio.subprocess, asyncio as later\n"
        "print(later.subprocess is asyncio.subprocess, later.sleep is early[0].sleep, type(later).__name__)"
    )
    assert run(program).stdout.splitlines() == [
        "False False",
        "False slept",
        "True True",
        "[None, None]",
        "True True module",
    ]


def _foreign(names: list[str]) -> set[str]:
    """What of these is not Python's own, nor what a machine adds to each of its processes."""
    packages = {name.partition(".")[0] for name in names} - {"sitecustomize", "usercustomize"}
    return {name for name in packages - sys.stdlib_module_names if not name.startswith("_")}
