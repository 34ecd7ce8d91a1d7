"""Programs of Debian packages that cannot stand beside each other, or would take too long to install:
unpacked into a folder, and seen in their places by the processes of the test alone.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

_INSIDE = """
set -e
mount -t overlay none -o lowerdir="$1/usr":/usr /usr
mount --bind "$2/passwd" /etc/passwd
mount --bind "$2/group" /etc/group
mount --bind "$2/spool" /var/spool
mount --bind "$2/lib" /var/lib
mount -t tmpfs none /run
shift 2
exec "$@"
"""
"""/usr with the packages in it, and nothing of this machine in /var/spool, /var/lib and /run."""

_FIRST_ACCOUNT = 58_000


class Borrowed:
    """A way to run a program of these packages, with accounts that this machine does not have."""

    def __init__(self, folder: Path, packages: Sequence[str], accounts: Sequence[str] = ()) -> None:
        """`folder` is the test's own, an open one."""
        if os.geteuid() != 0:
            pytest.skip("only root may give a process a view of its own")
        self.root = _unpack(packages)
        self._home = folder / "view"
        for name in ("spool", "lib"):
            (self._home / name).mkdir(parents=True)
        passwd, group = Path("/etc/passwd").read_text(), Path("/etc/group").read_text()
        self.ids: Mapping[str, int] = {
            name: number for number, name in enumerate(accounts, _FIRST_ACCOUNT)
        }
        """The account's number, and its group's."""
        for name, number in self.ids.items():
            passwd += f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n"
            group += f"{name}:x:{number}:\n"
        (self._home / "passwd").write_text(passwd)
        (self._home / "group").write_text(group)

    def command(self, *words: str | Path) -> list[str | Path]:
        """What starts the program so that it sees all this."""
        inside = ("sh", "-c", _INSIDE, "sh", self.root, self._home)
        return ["unshare", "--mount", *inside, *words]

    @contextmanager
    def running(
        self, *words: str | Path, port: int, log: Path
    ) -> Iterator[subprocess.Popen[bytes]]:
        """The program until the end of the context, from when it listens at the port."""
        with log.open("ab") as told:
            process = subprocess.Popen(
                self.command(*words), stdin=subprocess.DEVNULL, stdout=told, stderr=told
            )
        try:
            wait_for(port, process, log)
            yield process
        finally:
            process.terminate()
            process.wait(60)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns when somebody listens at the port; fails when the process has ended instead."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)  # nobody tells when it listens
    pytest.fail(f"nobody listens: {log.read_text(errors='replace')[-2000:]}")


def _unpack(packages: Sequence[str]) -> Path:
    """A folder with the files of these packages; kept for other runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    root = cache / "newsletter-tests" / "-".join(packages)
    if root.is_dir():
        return root
    making = root.with_name(f"{root.name}.{os.getpid()}")
    making.mkdir(parents=True)
    try:
        subprocess.run(
            ["apt-get", "download", "-q", *packages], cwd=making, check=True, capture_output=True
        )
        for file in making.glob("*.deb"):
            subprocess.run(["dpkg", "-x", file, making], check=True, capture_output=True)
            file.unlink()
        making.rename(root)
    except (OSError, subprocess.CalledProcessError) as error:
        if not root.is_dir():  # another worker may have been quicker
            pytest.skip(f"{' '.join(packages)} cannot be had from Debian here: {error}")
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return root
