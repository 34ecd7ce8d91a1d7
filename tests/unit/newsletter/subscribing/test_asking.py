"""What is asked about a domain before anybody is mailed."""

from __future__ import annotations

import os
from pathlib import Path

import dns.resolver
import pytest

from mailer.address import DomainVerdict, parse_address
from mailer.authentication import Dns
from newsletter.subscribing.asking import DnsDesk, RefusedDomains
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


def test_whom_the_host_is_told_to_ask_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that runs for years meets other networks, or began before there was one: sign-ups are asked about at
    the servers of now, with what is remembered of the others forgotten, and so is whoever signs a complaint.
    """
    conf = tmp_path / "resolv.conf"
    monkeypatch.setattr("mailer.address.RESOLV_CONF", str(conf))
    seen: list[dns.resolver.Resolver] = []
    monkeypatch.setattr(
        "newsletter.subscribing.asking.check_domain",
        lambda _, resolver: seen.append(resolver) or DomainVerdict.UNKNOWN,
    )
    desk, lookup = DnsDesk(), Dns()
    for number, words in enumerate(
        (None, "nameserver 192.0.2.1\n", "nameserver 192.0.2.2\n", None)
    ):
        conf.unlink(missing_ok=True)
        if words is not None:
            (fresh := tmp_path / "fresh").write_text(words)
            os.utime(fresh, (number, number))
            fresh.rename(conf)
        for name in ("a", "b"):
            who = parse_address(f"{name}@{number}{name}.example", allow_test_domains=True)
            while desk.verdict(who) is None:
                desk.wait(10)
        assert lookup._resolver.nameservers == seen[-1].nameservers
    desk.close()
    assert [one.nameservers for one in seen] == [
        *([] for _ in "ab"),
        *(["192.0.2.1"] for _ in "ab"),
        *(["192.0.2.2"] for _ in "ab"),
        *([] for _ in "ab"),
    ]
    assert len({id(one) for one in seen}) == 4, (
        "what was answered is remembered while nothing changes"
    )
