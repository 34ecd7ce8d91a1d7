"""Addresses of relays: what each says, and no password in what is refused."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.smtp import Outbox, Relay, Tls
from newsletter.config.relays import parse_relay
from tests.unit.newsletter.config.test_values import FOLDER
from tests.worlds.rows import each


@each(
    ("url", "expected"),
    [
        (
            "outbox:outbox",
            Outbox(directory=FOLDER / "outbox"),
        ),
        (
            "outbox:/var/mail/out",
            Outbox(directory=Path("/var/mail/out")),
        ),
        (
            "smtp://mail.example.com",
            Relay(host="mail.example.com", port=587, tls=Tls.STARTTLS),
        ),
        (
            "smtp://me%40example.com:p%40ss%2F%23@mail.example.com:2587",
            Relay(
                host="mail.example.com",
                port=2587,
                username="me@example.com",
                password="p@ss/#",
                tls=Tls.STARTTLS,
            ),
        ),
        (
            "smtps://mail.example.com",
            Relay(host="mail.example.com", port=465, tls=Tls.IMPLICIT),
        ),
        (
            "smtp://127.0.0.1:2525",
            Relay(host="127.0.0.1", port=2525, tls=Tls.NONE),
        ),
        (
            "smtp://localhost?tls=starttls",
            Relay(host="localhost", port=587, tls=Tls.STARTTLS),
        ),
        (
            "smtp://[::1]:25",
            Relay(host="::1", port=25, tls=Tls.NONE),
        ),
        (
            "smtp://localhost:25/?ca=ca.pem",
            Relay(
                host="localhost",
                port=25,
                tls=Tls.STARTTLS,
                ca=FOLDER / "ca.pem",
            ),
        ),
        (
            "smtp://mail.straße.de",
            Relay(host="mail.xn--strae-oqa.de", port=587, tls=Tls.STARTTLS),
        ),
        (
            "smtp://mail_relay:25?tls=none",
            Relay(host="mail_relay", port=25, tls=Tls.NONE),
        ),
    ],
)
def test_relays_are_read(url: str, expected: Relay | Outbox) -> None:
    """A relay beyond this machine is encrypted unless its URL gives that up (rule A36)."""
    assert parse_relay(url, FOLDER) == expected


@each(
    "url",
    [
        "",
        "mail.example.com",
        "http://mail.example.com",
        "outbox:",
        "smtp://",
        "smtp://user@mail.example.com",
        "smtp://:hunter2@mail.example.com",
        "smtp://user:hunter2#x@mail.example.com",
        "smtp://user:hunter2/x@mail.example.com",
        "smtp://user:hunter2?x@mail.example.com",
        "smtp://user:hunter2@mail.example.com:smtp",
        "smtp://user:hunter2@mail.example.com/path",
        "smtp://user:hunter2@mail.example.com?tsl=none",
        "smtp://user:25?hunter2@mail.example.com",
        "smtp://user:25?tls=hunter2@mail.example.com",
        "smtp://user:hunter2@mail.example.com?tls=off",
        "smtp://user:hunter2@mail.example.com?tls=implicit",
        "smtps://user:hunter2@mail.example.com?tls=none",
        "smtp://user:hunter2@mail.example.com?tls=none&ca=x.pem",
        "smtp://user:hunter2@mail.example.com?ca=",
    ],
)
def test_broken_relays_are_refused_without_showing_the_password(url: str) -> None:
    """A relay that cannot be meant is refused in a sentence that repeats no password."""
    with pytest.raises(
        ValueError, match=r"must|needs|well-formed|unknown option|asks|has a"
    ) as told:
        parse_relay(url, FOLDER)
    assert "hunter2" not in str(told.value)


@given(
    user=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    password=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
)
def test_credentials_survive_percent_encoding(user: str, password: str) -> None:
    """Any user and password can be written in a relay's URL, and repr hides the password."""
    url = f"smtp://{quote(user, safe='')}:{quote(password, safe='')}@mail.example.com"
    relay = parse_relay(url, FOLDER)
    assert isinstance(relay, Relay)
    assert (relay.username, relay.password) == (user, password)
    assert "password" not in repr(relay)
