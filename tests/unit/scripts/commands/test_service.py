"""How the service is opened, and opened again."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from newsletter.service import stopping
from scripts.commands import service
from storage.model import DatabaseBusy, DatabaseLost, SchemaNewer, StorageError


def opened(taken: object = None) -> str:
    """What a start comes to, or a start anew with a configuration that was taken."""
    return cast("str", service._open(cast("Any", None), cast("Any", taken)))


def opening(monkeypatch: pytest.MonkeyPatch, *faults: StorageError) -> None:
    """Has a newsletter be opened after these faults."""
    left = list(faults)

    def answer(*_: object, **__: object) -> str:
        if left:
            raise left.pop(0)
        return "open"

    monkeypatch.setattr(service, "open_newsletter", answer)
    monkeypatch.setattr(service, "time", SimpleNamespace(sleep=lambda _: None))


def test_a_database_that_goes_away_while_it_reloads_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As by a service that runs, and told each time; what waiting does not mend ends it, and so does a first start."""
    taken = object()
    away = (StorageError("cannot be reached"), DatabaseBusy("busy"))
    opening(monkeypatch, *away)
    with capture_logs() as told:
        assert opened(taken) == "open"
    assert [line["reason"] for line in told] == ["cannot be reached", "busy"]
    for fault, given in ((DatabaseLost("gone"), taken), (SchemaNewer("2"), taken), (away[0], None)):
        opening(monkeypatch, fault)
        with pytest.raises(type(fault)):
            opened(given)


def test_a_process_that_goes_on_for_a_service_waits_for_the_database_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As the service did that it goes on for; whoever supervises it hears meanwhile that it lives, and would kill it
    after a minute of silence. That holds for its first opening, and no program that it starts is told of it.
    """
    started: list[Mapping[str, str]] = []
    monkeypatch.setattr(os, "execve", lambda _program, _words, environ: started.append(environ))
    stopping._begin_anew()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])
    (added,) = started[0].items() - os.environ.items()
    monkeypatch.setenv(*added)
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        opening(monkeypatch, StorageError("cannot be reached"))
        assert opened() == "open"
        assert systemd.recv(100, socket.MSG_DONTWAIT).decode().splitlines()[0] == "WATCHDOG=1"
    assert added[0] not in os.environ
    opening(monkeypatch, StorageError("cannot be reached"))
    with pytest.raises(StorageError):
        opened()
