"""A private Postfix in a folder of its own, which ends with the test: what all tests with one share."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.peers.ports import free_port

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
maillog_file = {home}/spool/log
maillog_file_prefixes = {home}
myhostname = {hostname}
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_recipient_restrictions = permit_mynetworks, reject
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - n n - - proxymap
virtual unix - n n - - virtual
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


TAKING = """
recipient_delimiter = +
smtpd_reject_unlisted_recipient = no
virtual_mailbox_base = {home}/mail
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
"""
"""More of main.cf, for one that keeps mail in Maildirs and refuses nobody at the door."""

RELAYING = """
smtp_dns_support_level = disabled
smtp_host_lookup = native
default_transport = smtp:[127.0.0.1]:{target}
smtpd_forbid_bare_newline = yes
"""
"""More of main.cf, for one that passes everything on to a port."""

SEVEN_BITS = """
127.0.0.1:{seven} inet n - n - - smtpd
 -o smtpd_discard_ehlo_keywords=8bitmime
 -o content_filter=seven:[127.0.0.1]:{target}
seven unix - - n - - smtp -o smtp_discard_ehlo_keywords=8bitmime
"""
"""More of master.cf, for a second way in without 8BITMIME."""


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that other accounts may enter, as Postfix's are, until the end.

    Not below pytest's own: every other run of pytest closes that to other accounts.
    """
    with TemporaryDirectory(prefix="newsletter-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextmanager
def private_postfix(
    home: Path, *, main: str = "", master: str = "", hostname: str = "mx.example.net"
) -> Iterator[int]:
    """Postfix with these lines added to main.cf and master.cf; yields its port.

    `{home}` in them is its folder, an open one; no other braces have a meaning.
    """
    if shutil.which("postfix") is None:
        pytest.skip("Postfix is missing: install postfix to run this on it")
    if os.geteuid() != 0:
        pytest.skip("Postfix must be started by root")
    for name in ("etc", "spool", "data", "mail"):
        (home / name).mkdir()
    port = free_port()
    values = {"home": str(home), "hostname": hostname, "port": str(port)}
    (home / "etc" / "main.cf").write_text(_filled(MAIN + main, values))
    (home / "etc" / "master.cf").write_text(_filled(MASTER + master, values))
    shutil.chown(home / "data", "postfix")
    shutil.chown(home / "mail", 65534, 65534)
    command = ["postfix", "-c", str(home / "etc")]
    started = subprocess.run([*command, "start"], capture_output=True, text=True)
    assert started.returncode == 0, started.stderr
    try:
        yield port
    finally:
        subprocess.run([*command, "stop"], capture_output=True)


@dataclass(frozen=True, slots=True)
class Relaying:
    """Two ways in, and both lead to the target: with 8BITMIME, and without it on both sides."""

    eight: int
    seven: int


@contextmanager
def relaying(home: Path, target: int) -> Iterator[Relaying]:
    """A private instance in a folder of its own, which passes everything on to a port."""
    seven = free_port()
    main, master = RELAYING.format(target=target), SEVEN_BITS.format(seven=seven, target=target)
    with private_postfix(home, main=main, master=master, hostname="relay.example.com") as eight:
        yield Relaying(eight=eight, seven=seven)


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Postfix has braces of its own, so only these are ours."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
