"""The names of time zones and their version, of the machine's copy or of the product's."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from words import find_zone, zones_in_use, zones_version

OURS = import_module("tzdata").IANA_VERSION


def test_the_copy_is_the_one_that_python_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's, also if it tells no version; the product's where the machine has none (rule G12)."""
    monkeypatch.setattr("zoneinfo.TZPATH", (str(tmp_path / "none"),))
    assert zones_version() == OURS
    assert {"Europe/Berlin", "Asia/Kolkata"} <= zones_in_use() <= available_timezones()
    monkeypatch.setattr("zoneinfo.TZPATH", (str(tmp_path),))
    assert zones_version() == OURS
    (tmp_path / "UTC").write_bytes(b"TZif")
    assert zones_version() is None
    (tmp_path / "tzdata.zi").write_text("# version 1999z\nR A 1916 o\n")
    assert zones_version() == "1999z"


def test_a_zone_that_is_gone_is_the_newsletters() -> None:
    """As where none was chosen."""
    names = ("Asia/Tokyo", "", "Mars/Olympus", "../../etc/passwd", "Europe")
    found = [find_zone(name, "Europe/Berlin").key for name in names]
    assert found == ["Asia/Tokyo", *["Europe/Berlin"] * 4]


def test_the_table_of_places_is_read_whatever_stands_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Remarks and lines that are cut short are no places; of a place the third column is its zone."""
    monkeypatch.setattr("zoneinfo.TZPATH", (str(tmp_path / "none"), str(tmp_path)))
    lines = (
        "#code\tcoordinates\tTZ",
        "DE\t+5230+01322\tEurope/Berlin\tmost",
        "",
        "AQ\t-6617",
        "NZ\t-43\tPacific/Chatham",
    )
    (tmp_path / "zone.tab").write_text("\n".join(lines))
    assert zones_in_use() == {"Europe/Berlin", "Pacific/Chatham"}
