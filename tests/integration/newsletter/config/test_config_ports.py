"""Ports that a configuration gives to several listeners of the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.config.config import load_config
from storage.model.errors import ConfigError

MINIMAL = '[newsletter]\ntitle = "N"\nurl = "https://example.com"\nsender = "a@example.com"\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[web]\nport = 80\nadmin_port = 80", "[web] admin_port: 80 is that of [web] port, too;"),
        ("[web]\nadmin_port = 8000\nhost = '0.0.0.0'", "[web] admin_port: 8000 is that of [web]"),
        ("[bounces]\nlisten = 'localhost:8000'", "[bounces] listen: 8000 is that of [web] port"),
        (
            "[web]\nadmin_port = 25\n[bounces]\nlisten = '0.0.0.0:25'",
            "[bounces] listen: 25 is that of [web] admin_port",
        ),
    ],
)
def test_one_port_for_two_listeners_is_told_before_anything_runs(
    tmp_path: Path, text: str, problem: str
) -> None:
    """By every command, not only by the one that would listen."""
    path = tmp_path / "newsletter.toml"
    path.write_text(MINIMAL + text)
    with pytest.raises(ConfigError) as caught:
        load_config(path, {})
    assert [told for told in caught.value.problems if told.startswith(problem)]


@pytest.mark.parametrize(
    "text",
    [
        "[web]\nport = 0\nadmin_port = 0",
        "[web]\nport = 80\nadmin_port = 80\nhost = '192.0.2.1'",
        "[web]\nhost = '::'\nadmin_port = 8000",
        "[bounces]\nlisten = 'lmtp:///run/lmtp'",
    ],
)
def test_ports_of_different_addresses_may_be_the_same(tmp_path: Path, text: str) -> None:
    """Only what could not be listened at together is refused, and this loads."""
    path = tmp_path / "newsletter.toml"
    path.write_text(MINIMAL + text)
    load_config(path, {})
