"""A private Postfix that passes mail on: what a relay does to a message on its way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.peers.ports import free_port
from tests.peers.postfix import private_postfix

MAIN = """
smtp_dns_support_level = disabled
smtp_host_lookup = native
default_transport = smtp:[127.0.0.1]:{target}
smtpd_forbid_bare_newline = yes
"""

MASTER = """
127.0.0.1:{seven} inet n - n - - smtpd
 -o smtpd_discard_ehlo_keywords=8bitmime
 -o content_filter=seven:[127.0.0.1]:{target}
seven unix - - n - - smtp -o smtp_discard_ehlo_keywords=8bitmime
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """Two ways in, and both lead to the target: with 8BITMIME, and without it on both sides."""

    eight: int
    seven: int


@contextmanager
def relaying(home: Path, target: int) -> Iterator[Postfix]:
    """A private instance in a folder of its own, which passes everything on to a port."""
    seven = free_port()
    main, master = MAIN.format(target=target), MASTER.format(seven=seven, target=target)
    with private_postfix(home, main=main, master=master, hostname="relay.example.com") as eight:
        yield Postfix(eight=eight, seven=seven)
