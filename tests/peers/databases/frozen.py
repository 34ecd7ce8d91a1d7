"""A PostgreSQL that stands still, as one whose machine was suspended does."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL of a test's own, which can be stopped in the middle of anything."""

    url: str
    leader: int
    """The process whose children all others are."""

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Within it no process of the server does anything."""
        os.kill(self.leader, signal.SIGSTOP)  # first: it makes no more children
        children = Path(f"/proc/{self.leader}/task/{self.leader}/children").read_text().split()
        processes = [*map(int, children), self.leader]
        try:
            for process in processes:  # each leads a group of its own
                os.kill(process, signal.SIGSTOP)
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)
