"""How the service is opened, and opened again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from scripts.commands import service
from storage.model import DatabaseBusy, DatabaseLost, SchemaNewer, StorageError


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
    context, taken = cast("Any", None), cast("Any", object())
    away = (StorageError("cannot be reached"), DatabaseBusy("busy"))
    opening(monkeypatch, *away)
    with capture_logs() as told:
        assert cast("str", service._open(context, taken)) == "open"
    assert [line["reason"] for line in told] == ["cannot be reached", "busy"]
    for fault, given in ((DatabaseLost("gone"), taken), (SchemaNewer("2"), taken), (away[0], None)):
        opening(monkeypatch, fault)
        with pytest.raises(type(fault)):
            service._open(context, given)
