"""A Postfix that reports to a Maildir what it could not deliver."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.relays.postfix import TAKING, private_postfix

MAIN = f"""
{TAKING}
virtual_mailbox_domains = example.com, example.org
virtual_mailbox_maps = inline:{{ {{notes@example.com=bounces/}} }}
"""


@dataclass(frozen=True)
class Postfix:
    """A Postfix that takes mail for example.org, where nobody is, and gets its reports back."""

    port: int
    maildir: Path

    def wait_for_report(self) -> bytes:
        """The first message in the Maildir of reports."""
        return self.wait_for_reports(1)[0]

    def wait_for_reports(self, count: int) -> list[bytes]:
        """So many messages in the Maildir of reports."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if len(paths := sorted(self.maildir.glob("new/*"))) >= count:
                return [path.read_bytes() for path in paths]
            time.sleep(0.05)  # Postfix tells nobody when it has delivered
        pytest.fail("Postfix made no report")


@contextmanager
def running_postfix(home: Path, *, main: str = "") -> Iterator[Postfix]:
    """A private instance in this folder, with these lines more in its configuration."""
    with private_postfix(home, main=MAIN + main) as port:
        yield Postfix(port=port, maildir=home / "mail" / "bounces")
