"""A database of time zones with other rules, as an upgrade brings it."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path


def write_zones(folder: Path, rules: Mapping[str, str]) -> None:
    """Gives each zone the rules of another one; the rest are as Python has them."""
    for name, others in rules.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        # In place of the other file, not into it: one that is read at this moment is whole.
        (whole := file.with_suffix(".new")).write_bytes(
            (files("tzdata") / "zoneinfo" / others).read_bytes()
        )
        whole.rename(file)


@contextmanager
def other_zones(folder: Path, rules: Mapping[str, str]) -> Iterator[None]:
    """Within it, zones have these rules in this process, for whoever asks for them anew."""
    before = zoneinfo.TZPATH
    write_zones(folder, rules)
    zoneinfo.reset_tzpath(to=[str(folder), *before])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(to=before)
        zoneinfo.ZoneInfo.clear_cache()
