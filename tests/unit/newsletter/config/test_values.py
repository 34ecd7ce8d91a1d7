"""Single values of the configuration: what is taken, what is refused, and how the author is told."""

from __future__ import annotations

from contextlib import suppress
from datetime import time, timedelta
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.address import parse_mailbox
from mailer.smtp import is_loopback
from newsletter.config import values
from newsletter.config.values import (
    has_controls,
    parse_duration,
    parse_greeting_name,
    parse_language,
    parse_links,
    parse_list,
    parse_network,
    parse_postal,
    parse_sender,
    parse_size,
    parse_storage,
    parse_timezone,
    sender_name,
)
from tests.worlds.rows import each

FOLDER = Path("/srv/letter")


@each(
    ("value", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("24h", 86_400),
        ("2d", 172_800),
        ("1w", 604_800),
        ("1h30m", 5_400),
        (" 1 H 30 M ", 5_400),
        ("1.5h", 5_400),
        ("0", 0),
        ("90", 90),
        (90, 90),
        (0.5, 0.5),
        (timedelta(seconds=7), 7),
    ],
)
def test_durations_are_read(value: object, seconds: float) -> None:
    """Units, sums of units and plain seconds are durations."""
    assert parse_duration(value) == timedelta(seconds=seconds)


@each("value", ["", "soon", "-5m", "5 parsecs", "1h 30", "١m", True, None, "1e3s", "9999999w"])
def test_what_is_no_duration_is_refused(value: object) -> None:
    """Neither words, signs, foreign digits nor truth are durations."""
    with pytest.raises(ValueError, match=r"must be a duration|longer than ten years"):
        parse_duration(value)


@each(
    ("value", "octets"),
    [("64kB", 64_000), ("64 KB", 64_000), ("16KiB", 16_384), ("1MB", 10**6), (5, 5), ("7b", 7)],
)
def test_sizes_are_read(value: object, octets: int) -> None:
    """Octets by themselves, in thousands and in powers of two are sizes."""
    assert parse_size(value) == octets


@each("value", ["", "-1", "1.5kB", "64 apples", True, None, "٦", "9999999999MB"])
def test_what_is_no_size_is_refused(value: object) -> None:
    """Neither words, signs, fractions, foreign digits nor truth are sizes."""
    with pytest.raises(ValueError, match=r"must be a size|more than a gigabyte"):
        parse_size(value)


@given(st.text())
def test_any_text_may_stand_for_a_duration(text: str) -> None:
    """Whatever is written, the answer is a duration or a sentence about it."""
    with suppress(ValueError):
        assert parse_duration(text) >= timedelta()


@each(
    ("value", "name", "address"),
    [
        ("Working Notes <notes@example.com>", "Working Notes", "notes@example.com"),
        ("notes@example.com", "", "notes@example.com"),
        ('"Ada, Example" <notes@example.com>', "Ada, Example", "notes@example.com"),
        ("J. R. Tester <j.r@example.com>", "J. R. Tester", "j.r@example.com"),
        ("Zoë <notes@bücher.example>", "Zoë", "notes@bücher.example"),
        ("Notes: Weekly (EU) <notes@example.com>", "Notes: Weekly (EU)", "notes@example.com"),
        (r'"The \"Best\"" <notes@example.com>', 'The "Best"', "notes@example.com"),
        ('"Ada <3 Notes" <notes@example.com>', "Ada <3 Notes", "notes@example.com"),
    ],
)
def test_senders_are_one_mailbox(value: str, name: str, address: str) -> None:
    """A sender is read as its name and address, and spelled so that others read the same."""
    sender = parse_sender(value)
    assert sender_name(sender) == name
    assert parseaddr(sender) == (name, address)
    assert parse_sender(sender) == sender


@each(
    "value",
    [
        "",
        "Working Notes",
        "a@example.com, b@example.com",
        "Friends: a@example.com;",
        "Ada, Example <a@example.com>",
        "Notes <a@example.com> extra",
        "Notes <a b@example.com>",
        'Notes <"a b"@example.com>',
        "Notes <ä@example.com>",
        "Notes <a@[192.0.2.1]>",
        "Notes <a@example..com>",
        "Notes <notes@localhost>",
        "Notes <notes@123.456>",
        f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.example",
        "Notes <a@>",
        "Notes <a@example.com",
        f"{'a' * 32}@example.com",
    ],
)
def test_what_is_not_one_mailbox_is_refused(value: str) -> None:
    """Lists, groups, broken addresses and names that need quotes are told apart."""
    with pytest.raises(ValueError, match=r"must|that mail can come from"):
        parse_sender(value)


@each("name", ["", "mail.example.com", "[192.0.2.1]", "[IPv6:2001:db8::1]"])
def test_a_greeting_name_is_a_host_or_an_address(name: str) -> None:
    """Just what RFC 5321 4.1.3 allows is taken as it is (rule B21)."""
    assert parse_greeting_name(name) == name


@each(
    "name", ["localhost", "mail", "192.0.2.1", "[]", "[mail.example.com]", "a b.example", "x.y\r\n"]
)
def test_other_greeting_names_are_refused(name: str) -> None:
    """A name that relays refuse is refused at the start (rule B21)."""
    with pytest.raises(ValueError, match="full host name"):
        parse_greeting_name(name)


@given(
    st.text("ab@<>\"'\\()[],:;. =?é\t") | st.text(st.characters(exclude_categories=["Cc", "Cs"]))
)
@example("\xad")
@example("\u200bAda\u2060")
def test_any_text_may_stand_for_a_sender(text: str) -> None:
    """Whatever is written is a mailbox that mail can be sent from, or a sentence is told (A23)."""
    for written in (text, f'"{text}" <notes@example.com>', f"{text} <notes@example.com>"):
        with suppress(ValueError):
            sender = parse_sender(written)
            mailbox = parse_mailbox(sender)
            name, address = parseaddr(sender)
            assert mailbox.name == sender_name(sender) == name
            assert mailbox.address == parse_mailbox(address).address


@each(
    ("value", "url"),
    [
        ("sqlite:///newsletter.db", "sqlite:////srv/letter/newsletter.db"),
        ("sqlite:///data/n.db?timeout=5", "sqlite:////srv/letter/data/n.db?timeout=5"),
        ("sqlite:////var/lib/n.db", "sqlite:////var/lib/n.db"),
        ("postgresql://u:p@db/letter", "postgresql://u:p@db/letter"),
        ("postgres://u:p@db/letter", "postgresql://u:p@db/letter"),
    ],
)
def test_databases_are_read(value: str, url: str) -> None:
    """A relative SQLite file is below the configuration's folder; PostgreSQL stays as it is."""
    assert parse_storage(value, FOLDER) == url


@each(
    "value",
    [
        "",
        "newsletter.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://u:hunter2@db/x",
    ],
)
def test_other_databases_are_refused(value: str) -> None:
    """A database that forgets, or one that is not supported, is refused without its password."""
    with pytest.raises(ValueError, match="must") as told:
        parse_storage(value, FOLDER)
    assert "hunter2" not in str(told.value)


def test_zones_and_languages_have_a_known_shape() -> None:
    """A zone must be known here, and its nearest name is offered; a language has a tag's shape."""
    assert parse_timezone("Europe/Berlin") == "Europe/Berlin"
    with pytest.raises(ValueError, match='did you mean "Europe/Berlin"'):
        parse_timezone("Europe/Berln")
    for bad in ("", "../etc/passwd", "America", "/etc/localtime"):
        with pytest.raises(ValueError, match="time zone"):
            parse_timezone(bad)
    assert parse_language("pt-BR") == "pt-BR"
    for bad in ("", "english", "deutsch-DE", "e", "en_GB"):
        with pytest.raises(ValueError, match="language tag"):
            parse_language(bad)


def test_links_keep_their_order_and_are_absolute() -> None:
    """Links are web or mail addresses, from a table or from text that holds one."""
    text = '{ GitHub = "https://github.com/x", Mail = "mailto:a@example.com" }'
    assert parse_links(text) == (
        ("GitHub", "https://github.com/x"),
        ("Mail", "mailto:a@example.com"),
    )
    for bad in ('{ X = "javascript:alert(1)" }', '{ X = "/about" }', '{ X = "https://a\\u0007" }'):
        with pytest.raises(ValueError, match="must"):
            parse_links(bad)
    for broken in ("{ X = ", 3):
        with pytest.raises(ValueError, match="must be a"):
            parse_links(broken)


def test_lists_may_come_as_text() -> None:
    """The environment can give a list with commas or as TOML writes it."""
    assert parse_list("1m, 5m,") == ["1m", "5m"]
    assert parse_list('["1m", "5m"]') == ["1m", "5m"]
    assert parse_list(["1m"]) == ["1m"]


def test_proxies_are_networks() -> None:
    """A proxy is an address or a network, never a name."""
    assert parse_network("10.1.2.3/8") == ip_network("10.0.0.0/8")
    assert parse_network("::1") == ip_network("::1/128")
    with pytest.raises(ValueError, match="networks"):
        parse_network("proxy.example.com")


def test_a_postal_address_becomes_one_line() -> None:
    """An address over several lines is joined: it stands in the footer of a mail."""
    assert parse_postal("\nAda Example,\n1 Main St\n\nTown\n") == "Ada Example, 1 Main St, Town"


@each(
    ("host", "expected"),
    [
        ("localhost", True),
        ("x.localhost", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
    ],
)
def test_loopback_is_this_machine_alone(host: str, expected: bool) -> None:
    """Only addresses that cannot leave the machine count as loopback."""
    assert is_loopback(host) is expected


def test_controls_are_seen() -> None:
    """Line breaks, escapes, separators and half characters are controls; letters are not."""
    assert all(has_controls(f"a{char}") for char in "\n\r\x00\x1b\x7f\x85\u2028\ud800")
    assert not has_controls("Zoë 日本 🎉")


@each(
    ("text", "weekday", "hour"),
    [
        ("SUN 17:00", 6, time(17)),
        ("fri 8:05", 4, time(8, 5)),
        ("Thursday  00:00", 3, time()),
        ("thu 23:59", 3, time(23, 59)),
    ],
)
def test_a_weekday_and_a_time(text: str, weekday: int, hour: time) -> None:
    """The weekday short or whole, in any case of letters."""
    assert values.parse_week_time(text) == values.WeekTime(weekday=weekday, time=hour)


@each(
    "text",
    ["", "17:00", "SUN", "T 9:00", "th 9:00", "SUN 24:00", "SUN 9:60", "Sonntag 9:00", "SUN 9"],
)
def test_what_is_no_weekday_and_time(text: str) -> None:
    """It is said how one is written."""
    with pytest.raises(ValueError, match="SUN 17:00"):
        values.parse_week_time(text)
