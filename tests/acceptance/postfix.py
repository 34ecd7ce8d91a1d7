"""A private Postfix that passes mail on: what a relay does to a message on its way."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
maillog_file = {home}/spool/log
maillog_file_prefixes = {home}
myhostname = relay.example.com
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
smtp_host_lookup = native
default_transport = smtp:[127.0.0.1]:{target}
smtpd_forbid_bare_newline = yes
smtpd_recipient_restrictions = permit_mynetworks, reject
"""

MASTER = """
127.0.0.1:{eight} inet n - n - - smtpd
127.0.0.1:{seven} inet n - n - - smtpd
 -o smtpd_discard_ehlo_keywords=8bitmime
 -o content_filter=seven:[127.0.0.1]:{target}
smtp unix - - n - - smtp
seven unix - - n - - smtp -o smtp_discard_ehlo_keywords=8bitmime
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """Two ways in, and both lead to the target: with 8BITMIME, and without it on both sides."""

    eight: int
    seven: int


@contextmanager
def relaying(home: Path, target: int) -> Iterator[Postfix]:
    """A private instance in a folder of its own, which passes everything on to a port."""
    if shutil.which("postfix") is None:
        pytest.skip("Postfix is missing: install postfix to run this on it")
    if os.geteuid() != 0:
        pytest.skip("Postfix must be started by root")
    for parent in (home, *home.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o055)
    for name in ("etc", "spool", "data"):
        (home / name).mkdir()
    ports = Postfix(*free_ports(2))
    (home / "etc" / "main.cf").write_text(MAIN.format(home=home, target=target))
    (home / "etc" / "master.cf").write_text(
        MASTER.format(eight=ports.eight, seven=ports.seven, target=target)
    )
    shutil.chown(home / "data", "postfix")
    command = ["postfix", "-c", str(home / "etc")]
    started = subprocess.run([*command, "start"], capture_output=True, text=True)
    assert started.returncode == 0, started.stderr
    try:
        yield ports
    finally:
        subprocess.run([*command, "stop"], capture_output=True)


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
