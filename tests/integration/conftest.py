"""Real databases: each test that asks for `database` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import fcntl
import logging
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import structlog

from storage.database.engine import Database
from storage.model import prepare_log
from tests import compiled
from tests.peers.databases.emptied import Databases
from tests.peers.ports import free_port
from tests.worlds.store import Store, empty_file

_databases: dict[str, Databases] = {}
"""Those of each server."""
compiled.share()


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    """A command that runs inside a test sets up logging for the process, to a stream that ends
    with the test: whoever logs in a later test must not find it.
    """
    yield
    prepare_log(0, structlog.reset_defaults)
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if type(handler) is logging.StreamHandler]:
        root.removeHandler(handler)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a private PostgreSQL server that lives as long as this worker's test run."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is missing: install postgresql to run this on it")
    # Not below pytest's own folder: every other run of pytest closes that to other accounts.
    folder = Path(tempfile.mkdtemp(prefix="newsletter-postgres-"))
    prefix = _as_unprivileged(folder)
    is_one_of_many = "PYTEST_XDIST_WORKER" in os.environ
    try:
        if is_one_of_many:
            _share_files(programs, folder, prefix, tmp_path_factory.getbasetemp().parent)
        else:
            _make_files(programs, folder, prefix)
        with _serving(programs, folder, prefix, "immediate") as url:
            if not is_one_of_many:
                _make_tables(url)
            with closing(Databases(url)) as _databases[url]:
                yield url
    finally:
        shutil.rmtree(folder)


def _share_files(programs: Path, folder: Path, prefix: list[str], run: Path) -> None:
    """Copies what the first worker of a run made, tables and all, which takes a tenth of making it."""
    made = run / "postgres"
    with (run / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if made.exists():
            subprocess.run(["cp", "-a", made, folder / "data"], check=True)
            return
        _make_files(programs, folder, prefix)
        with _serving(programs, folder, prefix, "fast") as url:
            _make_tables(url)
        subprocess.run(["cp", "-a", folder / "data", made], check=True)


def _make_files(programs: Path, folder: Path, prefix: list[str]) -> None:
    """Those of a server without a database of ours."""
    initdb = [
        *prefix,
        programs / "initdb",
        "-D",
        folder / "data",
        "-U",
        "test",
        "-A",
        "trust",
        "-N",
    ]
    subprocess.run([*initdb, "--wal-segsize=1"], check=True, stdout=subprocess.DEVNULL)
    # Half of the files of a database are maps, of where there is room and of what everybody sees, which a server does
    # without until it vacuums; each new database would copy them.
    for path in (folder / "data" / "base").glob("*/*"):
        if path.name.endswith(("_fsm", "_vm")):
            path.unlink()


def _make_tables(url: str) -> None:
    """The database that all others are copied from, with all tables and nothing in them."""
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    migrated = Database.open(f"{url}/migrated")
    migrated.upgrade()
    migrated.close()


@contextmanager
def _serving(programs: Path, folder: Path, prefix: list[str], stop: str) -> Iterator[str]:
    """The base URL of a server over these files; how it is stopped."""
    port = free_port()
    options = (
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200"
        " -c fsync=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0"
    )
    control = [*prefix, programs / "pg_ctl", "-D", folder / "data", "-w"]
    subprocess.run(
        [*control, "-o", options, "-l", folder / "log", "start"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield f"postgresql://test@127.0.0.1:{port}"
    finally:
        subprocess.run([*control, "-m", stop, "stop"], stdout=subprocess.DEVNULL)


ENGINES = ["sqlite", "postgresql"]


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with all tables, on each engine in turn."""
    with fresh_database(request, request.param, tmp_path) as url:
        yield url


@contextmanager
def fresh_database(request: pytest.FixtureRequest, engine: str, folder: Path) -> Iterator[str]:
    """The URL of a database with all tables and nothing in them; on SQLite a file in that folder."""
    if engine == "sqlite":
        yield f"sqlite:///{empty_file(folder)}"
        return
    base: str = request.getfixturevalue("postgres")
    with _databases[base].one() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database, on each engine in turn."""
    opened = Database.open(database_url)
    opened.prepare()
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> Store:
    """The rooms over one fresh database."""
    return Store(database)


def _postgres_programs() -> Path | None:
    """The folder of Debian's newest PostgreSQL, or of whichever is on the path."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: int(path.parts[4].split(".")[0]), default=None)
    if newest is not None:
        return newest.parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _as_unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: use Debian's account for it then."""
    if os.geteuid() != 0:
        return []
    account = pwd.getpwnam("postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
