"""What is wrong with a value is told in words that an author knows."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from newsletter.config.problems import SectionProblems
from newsletter.config.sections import SECTIONS, parse_sections
from tests.worlds.rows import each

NAMED = (
    '[newsletter]\ntitle = "Notes"\nurl = "https://notes.example.com"\nsender = "n@example.com"\n'
)
WHOLE = "must be a whole number"
SWITCH = "must be true or false"


@each(
    ("written", "told"),
    [
        ('[newsletter]\ntitle = ""', "[newsletter] title: must not be empty"),
        ("[newsletter]\ndescription = 3", "[newsletter] description: must be text in quotes"),
        ("[bounces]\nlisten = 3", "[bounces] listen: must be text in quotes"),
        (
            '[newsletter]\nlinks = {A = "https://a.example", B = "/b"}',
            "[newsletter] links: B must be an absolute http, https or mailto address",
        ),
        ('[newsletter]\nheaders = {X-A = ""}', "[newsletter] headers: X-A must have a text"),
        ("[notes]\ndate_keys = []", "[notes] date_keys: must hold one at least"),
        (
            f'[notes]\ndate_keys = ["{"k" * 61}"]',
            "[notes] date_keys: must have at most 60 characters",
        ),
        (
            '[notes]\nsuffixes = ["md"]',
            '[notes] suffixes: must be the end of a file\'s name, like ".md"',
        ),
        (
            '[subscribers]\nconfirm_within = "31d"',
            "[subscribers] confirm_within: must be at most 30d",
        ),
        ('[desk]\nsession = "31d"', "[desk] session: must be at most 30d"),
        ('[desk]\nsession = "1m"', "[desk] session: must be at least 5m"),
        ("[webhooks]\nses = 3", "[webhooks] ses: must be a list"),
        ("[web]\nport = 0.5", f"[web] port: {WHOLE}"),
        ('[web]\nport = "http"', f"[web] port: {WHOLE}"),
        ("[web]\nport = -1", "[web] port: must be at least 0"),
        ("[web]\nport = 65536", "[web] port: must be at most 65535"),
        ('[smtp]\nrate = "x"', "[smtp] rate: must be a number"),
        ("[smtp]\nrate = inf", "[smtp] rate: must be a number"),
        ("[desk]\nenabled = 3", f"[desk] enabled: {SWITCH}"),
        ('[desk]\nenabled = "perhaps"', f"[desk] enabled: {SWITCH}"),
    ],
)
def test_a_value_of_another_kind_is_told_what_to_be(
    tmp_path: Path, written: str, told: str
) -> None:
    """Never in the words of the library that looks at it."""
    document: dict[str, Any] = {section: {} for section in SECTIONS} | tomllib.loads(NAMED)
    for section, keys in tomllib.loads(written).items():
        document[section] |= keys
    document["smtp"] = [document["smtp"]]
    with pytest.raises(SectionProblems) as caught:
        parse_sections(document, tmp_path, signing=True)
    assert caught.value.sentences == [told]
