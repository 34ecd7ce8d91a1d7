"""A PgBouncer of the test's own, which gives a server's connections out by the transaction."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.peers.ports import free_port


@contextmanager
def pooling(server_port: int, database: str, *, connections: int = 3) -> Iterator[str]:
    """In front of a database of the PostgreSQL at this port, with so few connections to it; its URL."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is missing: install pgbouncer to run this behind it")
    folder, port = Path(tempfile.mkdtemp(prefix="newsletter-pgbouncer-")), free_port()
    (folder / "ini").write_text(
        f"[databases]\n{database} = host=127.0.0.1 port={server_port} dbname={database} user=test\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n"
        f"pool_mode = transaction\ndefault_pool_size = {connections}\nmax_client_conn = 200\n"
        f"unix_socket_dir =\nlogfile = {folder}/log\n"
    )
    command: list[str | Path] = [program, folder / "ini"]
    if os.geteuid() == 0:  # it refuses to run as root
        account = pwd.getpwnam("postgres")
        for path in (folder, folder / "ini"):
            os.chown(path, account.pw_uid, account.pw_gid)
        command = [
            *("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"),
            *command,
        ]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"postgresql://test@127.0.0.1:{port}/{database}"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise TimeoutError("PgBouncer does not listen")
