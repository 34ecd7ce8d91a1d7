"""What is asked about a domain before anybody is mailed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailer.address import parse_address
from newsletter.subscribing.asking import RefusedDomains
from tests.worlds.rows import each


@each(
    ("line", "address", "refused"),
    [
        ("x.example.org", "a@x.example.org", True),
        ("x.example.org", "a@b.x.example.org", True),
        ("x.example.org", "a@example.org", False),
        ("x.example.org", "a@yx.example.org", False),
        ("  X.Example.ORG.  # a remark", "a@x.example.org", True),
        ("@x.example.org", "a@x.example.org", True),
        ("*.x.example.org", "a@b.x.example.org", True),
        ("# x.example.org", "a@x.example.org", False),
        ("\ufeffx.example.org\r", "a@x.example.org", True),
        ("bücher.example.org", "a@xn--bcher-kva.example.org", True),
        ("xn--bcher-kva.example.org", "a@bücher.example.org", True),
        ("not a domain at all", "a@example.org", False),
        ("", "a@example.org", False),
    ],
)
def test_a_domain_is_refused_with_all_below_it(
    tmp_path_factory: pytest.TempPathFactory, line: str, address: str, refused: bool
) -> None:
    """However lists write it, and in whatever letters (rule F16)."""
    file = tmp_path_factory.mktemp("list") / "domains.txt"
    file.write_text(f"{line}\nother.example\n", encoding="utf-8")
    known = parse_address(address, allow_test_domains=True)
    assert RefusedDomains(file).refuses(known) is refused
    assert not RefusedDomains(None).refuses(known)


def test_a_list_that_is_gone_counts_on_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An update that is under way lets nobody in, and is told once; one that never was there refuses nobody."""
    file = tmp_path / "domains.txt"
    known = parse_address("a@x.example.org", allow_test_domains=True)
    domains = RefusedDomains(file)
    assert not domains.refuses(known)
    file.write_text("x.example.org\n")
    assert domains.refuses(known)
    file.unlink()
    assert domains.refuses(known)
    assert domains.refuses(known)
    assert capsys.readouterr().out.count("signups.no_list") == 2
    file.write_text("y.example.org\n")
    os.utime(file, ns=(5, 5))
    assert not domains.refuses(known)
