"""How a command ends before it has begun."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from scripts.ending import ended_at_once


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Whoever started the tests may ignore Ctrl-C."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_a_command_that_is_being_loaded() -> None:
    """By the system's own way, which no library can swallow; afterwards as before."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with ended_at_once():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_way_of_ones_own_stays() -> None:
    """A service that ends in order, and who is told to ignore it, go on so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with ended_at_once():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
