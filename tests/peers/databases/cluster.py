"""A PostgreSQL whose folder a test can copy, and start again from any copy; it waits for its disk as it does elsewhere."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.conftest import _as_unprivileged, _postgres_programs
from tests.peers.ports import free_port

_READY = "database system is ready to accept connections"


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is needed to start one."""

    home: Path
    """A folder of its account."""
    programs: Path
    prefix: Sequence[str | Path]
    port: int

    @property
    def data(self) -> Path:
        """What it keeps."""
        return self.home / "data"

    @property
    def url(self) -> str:
        """Of the server, without a database."""
        return f"postgresql://test@127.0.0.1:{self.port}"

    def own(self, folder: Path) -> Path:
        """Gives a folder to the server's account, with all that is in it; the same folder."""
        if self.prefix:
            owner = self.home.stat()
            for path in (folder, *folder.rglob("*")):
                os.chown(path, owner.st_uid, owner.st_gid)
        return folder

    @contextmanager
    def running(
        self, *watch: str | Path, settings: Sequence[str] = (), whole: bool = True
    ) -> Iterator[None]:
        """The server, with what watches it put before; stopped in good order, or at once if it need not be `whole`."""
        options = [
            "listen_addresses=127.0.0.1",
            "max_wal_senders=0",
            "wal_level=minimal",
            *settings,
        ]
        command = [
            self.programs / "postgres",
            "-D",
            self.data,
            "-p",
            str(self.port),
            "-k",
            self.home,
        ]
        process = subprocess.Popen(
            [*self.prefix, *watch, *command, *(word for one in options for word in ("-c", one))],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        said: list[str] = []
        try:
            for line in process.stderr:
                said.append(line)
                if _READY in line:
                    break
            else:
                raise AssertionError("".join(said))
            yield
        finally:
            leader = self.data / "postmaster.pid"
            if process.poll() is None and leader.exists():
                how = signal.SIGINT if whole else signal.SIGQUIT
                os.kill(int(leader.read_text().splitlines()[0]), how)
            process.communicate()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A new one until the end of the context, with small parts of its log, so that it goes through several."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is missing: install postgresql to run this on it")
    # Not below pytest's own folder: every other run of pytest closes that to other accounts.
    home = Path(tempfile.mkdtemp(prefix="newsletter-cluster-"))
    try:
        made = Cluster(home, programs, _as_unprivileged(home), free_port())
        make = [programs / "initdb", "-D", made.data, "-U", "test", "-A", "trust", "-N"]
        subprocess.run(
            [*made.prefix, *make, "--wal-segsize=1", "--data-checksums", "-E", "UTF8"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        yield made
    finally:
        shutil.rmtree(home)
