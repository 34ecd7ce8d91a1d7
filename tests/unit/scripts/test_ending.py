"""How a command ends before it has begun."""

from __future__ import annotations

import signal

from scripts.ending import ended_at_once


def test_ctrl_c_ends_a_command_that_is_being_loaded() -> None:
    """By the system's own way, which no library can swallow; afterwards as before, and never a service's way."""
    with ended_at_once():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with ended_at_once():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
