"""In what language and letters the machine speaks."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

from tests.peers.nursery import PROGRAM

CONFIG = """
[newsletter]
title = "Notes"
url = "https://notes.example.com"
sender = "Notes <notes@example.com>"
[schedule]
hold = "0s"
[smtp]
url = "outbox:outbox"
"""


def test_names_of_notes_are_text_in_any_locale(tmp_path: Path) -> None:
    """Where the surroundings have Python read file names as ASCII, a note with an umlaut in its name is not taken for one
    that is gone.
    """
    (tmp_path / "newsletter.toml").write_text(CONFIG)
    note = tmp_path / "notes" / "erste-nüsse.md"
    note.parent.mkdir()
    note.write_text("---\ntitle: Nüsse\npublish: now\n---\n\nWörter.\n")
    written = time.time() - 10  # long enough ago not to be waited for
    os.utime(note, (written, written))
    surroundings = {"PATH": os.defpath, "LC_ALL": "C"}
    ascii_names = surroundings | {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    told = [
        json.loads(
            subprocess.run(
                [PROGRAM, "send", "--json"], cwd=tmp_path, env=env, check=True, capture_output=True
            ).stdout
        )
        for env in (surroundings, ascii_names)
    ]
    assert [one["published"] for one in told] == [["erste-nusse"], []]
    assert [one["withdrawn"] for one in told] == [[], []]
