"""A private Postfix in a folder of its own, which ends with the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
maillog_file = {home}/spool/log
maillog_file_prefixes = {home}
myhostname = mx.example.net
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
recipient_delimiter = +
smtpd_reject_unlisted_recipient = no
smtpd_recipient_restrictions = permit_mynetworks, reject
{extra}
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


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def private_postfix(home: Path, extra: str) -> Iterator[int]:
    """Postfix with these lines added to main.cf; `{home}` in them is its folder. Yields the port."""
    if shutil.which("postfix") is None:
        pytest.skip("Postfix is missing: install postfix to run this on it")
    if os.geteuid() != 0:
        pytest.skip("Postfix must be started by root")
    for parent in (home, *home.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o055)
    for name in ("etc", "spool", "data", "mail"):
        (home / name).mkdir()
    port = free_port()
    main = MAIN.format(home=home, extra=extra.format(home=home))
    (home / "etc" / "main.cf").write_text(main)
    (home / "etc" / "master.cf").write_text(MASTER.format(port=port))
    shutil.chown(home / "data", "postfix")
    shutil.chown(home / "mail", 65534, 65534)
    command = ["postfix", "-c", str(home / "etc")]
    started = subprocess.run([*command, "start"], capture_output=True, text=True)
    assert started.returncode == 0, started.stderr
    try:
        yield port
    finally:
        subprocess.run([*command, "stop"], capture_output=True)
