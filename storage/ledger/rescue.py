"""Claims whose worker died, taken back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescued:
    """What a rescue found of workers that died."""

    returned: int
    """Claimed but not begun: queued again, no attempt used."""
    unknown: int
    """Begun: the relay may have them (RFC 1047)."""
