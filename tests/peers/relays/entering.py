"""Relays that greet, protect and ask for a login in every odd way, as a table."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import cycle

from mailer.envelope import Envelope
from mailer.smtp.login import Login
from mailer.smtp.relay import Tls
from tests.peers.relays.smtp import OBEDIENT, Act, Move, Peer, Raw

USER, PASSWORD = "ada", "s3cret-word"


def coded(text: str) -> str:
    """In base64."""
    return b64encode(text.encode()).decode()


WHOLE = coded(f"\0{USER}\0{PASSWORD}")
SECRETS = (PASSWORD, coded(PASSWORD).rstrip("="), WHOLE.rstrip("="))
NAME, WORD = f"334 {coded('Username:')}", f"334 {coded('Password:')}"
LETTER = Envelope(
    sender="bounce+k1@news.test",
    recipient="ada@example.org",
    content=b"Subject: hi\r\n\r\nHello\r\n",
)
UMLAUT = replace(LETTER, content="Subject: hi\r\n\r\nGrüße\r\n".encode())
FAR = Envelope(sender="b@news.test", recipient="用户@example.org", content=b"x\r\n")

IN = ""
GONE, SILENT, NONSENSE = "it closed the connection", "did not answer in time", "made no sense"


def ehlo(*keywords: str) -> str:
    """An answer to EHLO that offers these."""
    *first, last = ("p", *keywords)
    return "\r\n".join([*(f"250-{one}" for one in first), f"250 {last}"])


CLEAR = {"tls": Tls.NONE}
TLS = {"tls": Tls.STARTTLS}
LOGIN = {"username": USER, "password": PASSWORD}
TLS_FIRST = ehlo("STARTTLS")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One relay, and how it ends."""

    name: str
    script: Mapping[str, Move | list[Move]]
    how: Mapping[str, object] = field(default_factory=lambda: CLEAR)
    ends: str = IN
    """What is said of it; `IN` when the letter was taken."""
    verbs: str = ""
    """What it was told, where that matters: the first words."""
    asks: tuple[Move, ...] = ()
    """What it says to each line that is no command."""
    letter: Envelope = LETTER

    def __str__(self) -> str:
        return self.name


def greetings() -> Iterator[Row]:
    """What a relay says first."""
    told: dict[Move, str] = {
        "220": IN,
        "220-a\r\n220-b\r\n220 c": IN,
        Raw(b"220 LF alone\n"): IN,
        "250 odd": "250 odd",
        "421 4.3.2 busy": "421 4.3.2 busy",
        "999 odd": "999 odd",
        "": NONSENSE,
        Raw(b"SSH-2.0-OpenSSH_9.2\r\n"): NONSENSE,
        Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"): NONSENSE,
        Raw(b"220-hello\r\n" * 9000): NONSENSE,
        Raw(b"220-half\r\n", Act.CLOSE): GONE,
        Raw(b"220-half\r\n", Act.HANG): SILENT,
        Act.RESET: "connection reset",
    }
    for move, ends in told.items():
        yield Row(name=f"greets {move!s:.30}", script={"GREET": move}, ends=ends)


def hellos() -> Iterator[Row]:
    """What it says to EHLO, and to HELO where it does not know EHLO."""
    told: dict[Move, str] = {
        "250": IN,
        Raw(b"250-p\n250 PIPELINING\n"): IN,
        "250-p\r\n250 HELP\r\n250 ok": IN,
        "250-p\r\n250 HELP\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued": IN,
        "501 5.5.4 bad name": "501",
        "504 5.5.4 no": "504",
        "220 again": "220 again",
        "299 odd": "299 odd",
        "354 go": "354 go",
        "": NONSENSE,
        Raw(b"250-p\r\n" * 9000): NONSENSE,
        Raw(b"250-p\r\n250 PIP", Act.CLOSE): GONE,
        Raw(b"250-p\r\n", Act.HANG): SILENT,
        "250-p\r\n550 no": "550",
    }
    for move, ends in told.items():
        script = {"EHLO": move, "HELO": "250 hi"}
        verbs = "EHLO MAIL" if ends is IN else "EHLO"
        yield Row(name=f"EHLO {move!s:.30}", script=script, ends=ends, verbs=verbs)
    no = {"500 what": "500", "421 bye": "421", Act.CLOSE: GONE, Act.HANG: SILENT, "so?": NONSENSE}
    for move, ends in no.items():
        script = {"EHLO": "502 5.5.1 no", "HELO": move}
        yield Row(name=f"HELO {move}", script=script, ends=ends, verbs="EHLO HELO")


def tunnels() -> Iterator[Row]:
    """What it says to STARTTLS, and behind it."""
    told: dict[Move, str] = {
        "454 4.7.0 later": "454",
        "501 syntax": "501",
        "250 ok": "250 ok",
        "421 bye": "421",
        "tls!": NONSENSE,
        Act.CLOSE: GONE,
        Act.HANG: SILENT,
        Raw(b"220 go\r\n", Act.CLOSE): f"TLS did not come about: {GONE}",
        Raw(b"220 go\r\n", Act.HANG): "TLS did not come about: it did not answer in time",
        Raw(b"220 go\r\n\x15\x03\x01\x00\x02\x02\x28", Act.CLOSE): "TLS did not come about",
        Raw(b"220 go\r\n250 not tls\r\n", Act.CLOSE): "TLS did not come about",
    }
    for move, ends in told.items():
        script = {"EHLO": ehlo("STARTTLS", "AUTH PLAIN"), "STARTTLS": move}
        how = {**TLS, **LOGIN}
        yield Row(
            name=f"STARTTLS {move!s:.30}", script=script, how=how, ends=ends, verbs="EHLO STARTTLS"
        )
    for name, said in {
        "one more line": "220 go\r\n250 ok",
        "an offer": "220 go\r\n250-p\r\n250 AUTH LOGIN",
        "an offer and a welcome": "220 go\r\n250-p\r\n250 AUTH PLAIN\r\n235 in",
    }.items():
        yield Row(
            name=f"behind the 220 in clear {name}",
            script={
                "EHLO": [TLS_FIRST, ehlo("AUTH PLAIN")],
                "STARTTLS": said,
                "AUTH": "535 5.7.8 no",
            },
            how={**TLS, **LOGIN},
            ends="login refused: 535",
            verbs="EHLO STARTTLS EHLO AUTH",
        )


def changes() -> Iterator[Row]:
    """What it offers before and after TLS: what was said in clear counts for nothing (RFC 3207 4.2)."""
    in_ = "EHLO STARTTLS EHLO MAIL RCPT DATA QUIT"
    table: tuple[tuple[str, str, str, Envelope, str], ...] = (
        ("SIZE smaller", "SIZE 100000", "SIZE 10", LETTER, "has 22 octets, the relay takes 10"),
        ("SIZE greater", "SIZE 10", "SIZE 100000", LETTER, IN),
        ("SIZE without a number", "SIZE 10", "SIZE", LETTER, IN),
        ("SIZE of words", "SIZE 10", "SIZE much", LETTER, IN),
        ("SIZE of nought, which is none", "SIZE 10", "SIZE 0", LETTER, IN),
        ("PIPELINING gone", "PIPELINING", "HELP", LETTER, IN),
        ("PIPELINING come", "HELP", "PIPELINING", LETTER, IN),
        ("SMTPUTF8 gone", "SMTPUTF8", "8BITMIME", FAR, "needs SMTPUTF8"),
        ("SMTPUTF8 come", "8BITMIME", "SMTPUTF8", FAR, IN),
        ("8BITMIME gone", "8BITMIME", "HELP", UMLAUT, "8-bit content"),
        ("8BITMIME come", "HELP", "8BITMIME", UMLAUT, IN),
        ("DSN gone", "DSN", "HELP", LETTER, IN),
    )
    for name, before, after, letter, ends in table:
        script = {"EHLO": [ehlo("STARTTLS", before), ehlo(after)]}
        verbs = in_ if ends is IN else "EHLO STARTTLS EHLO QUIT"
        yield Row(name=name, script=script, how=TLS, ends=ends, verbs=verbs, letter=letter)
    second: dict[Move, str] = {
        "500 what": IN,
        "503 again?": "503",
        "421 bye": "421",
        Act.CLOSE: GONE,
        Act.HANG: SILENT,
    }
    for move, ends in second.items():
        yield Row(
            name=f"EHLO {move} within TLS",
            script={"EHLO": [TLS_FIRST, move], "HELO": "250 hi"},
            how=TLS,
            ends=ends,
        )
    for name, first, then, ends in (
        ("AUTH only within TLS", TLS_FIRST, ehlo("AUTH PLAIN"), IN),
        ("AUTH only in clear", ehlo("STARTTLS", "AUTH PLAIN"), ehlo("HELP"), "no way to log in"),
        ("AUTH only to HELO within TLS", TLS_FIRST, "502 no", "no way to log in"),
    ):
        script = {"EHLO": [first, then], "HELO": "250-p\r\n250 AUTH PLAIN"}
        yield Row(name=name, script=script, how={**TLS, **LOGIN}, ends=ends)


def methods() -> Iterator[Row]:
    """How it offers to log in."""
    none = "no way to log in that we know"
    offers = {
        "AUTH PLAIN": IN,
        "AUTH login plain": IN,
        "AUTH CRAM-MD5": IN,
        "AUTH=PLAIN": IN,
        "AUTH=LOGIN PLAIN\r\n250-AUTH LOGIN PLAIN": IN,
        "AUTH": none,
        "AUTH XOAUTH2": none,
        "AUTH DIGEST-MD5 SCRAM-SHA-256 GSSAPI NTLM": none,
    }
    for offer, ends in offers.items():
        yield Row(
            name=f"offers {offer!r}",
            script={"EHLO": ehlo(*offer.split("\r\n250-"), "HELP")},
            how={**CLEAR, **LOGIN},
            ends=ends,
        )


def logins() -> Iterator[Row]:
    """What it says to AUTH, by every method, in clear and within TLS."""
    told: dict[Move, str] = {
        "235": IN,
        "503 5.5.1 already": IN,
        "250 ok": "250 ok",
        "354 go": "354 go",
        "432 4.7.12 transition": "432",
        "421 bye": "421",
        "538 5.7.11 encrypt": "538",
        "999 odd": "999 odd",
        f"what is {PASSWORD}?": NONSENSE,
        WHOLE: NONSENSE,
        f"454 4.7.0 {PASSWORD}": "repeats the login",
        Act.CLOSE: GONE,
        Act.HANG: SILENT,
    }
    for method in Login:
        for tunnel, (move, ends) in zip(cycle((CLEAR, TLS)), told.items(), strict=False):
            script = {"EHLO": ehlo("STARTTLS", f"AUTH {method.upper()}"), "AUTH": move}
            how = {**tunnel, **LOGIN, "login": method}
            name = f"AUTH {method.upper()} {move}".replace(PASSWORD, "…").replace(WHOLE, "…")
            yield Row(name=name, script=script, how=how, ends=ends)


def challenges() -> Iterator[Row]:
    """What it asks after AUTH."""
    again, order = "asks again", "another order"
    german = f"334 {coded('Benutzername:')}"
    table: tuple[tuple[str, tuple[Move, ...], str], ...] = (
        ("LOGIN", (german, f"334 {coded('Kennwort:')}", "235 in"), IN),
        ("LOGIN", ("334 Username:", "334 Password:", "235 in"), IN),
        ("LOGIN", ("334 ", "334 ", "235 in"), IN),
        ("LOGIN", ("334 !not base64!", WORD, "235 in"), IN),
        ("LOGIN", (german, german, "235 in"), order),
        ("LOGIN", (WORD, NAME, "235 in"), order),
        ("LOGIN", (NAME, WORD, WORD, "235 in"), order),
        ("LOGIN", (NAME, WORD, coded(PASSWORD)), NONSENSE),
        ("LOGIN", (NAME, Act.CLOSE), GONE),
        ("PLAIN", ("334 ", "235 in"), IN),
        ("PLAIN", ("334 ", "334 ", "235 in"), again),
        ("PLAIN", ("334 ", f"AUTH PLAIN {WHOLE}"), NONSENSE),
        ("CRAM-MD5", (f"334 {coded('<1@p>')}", "235 in"), IN),
        ("CRAM-MD5", ("334 !not base64!", "535 5.7.8 no"), "535"),
        ("CRAM-MD5", (f"334 {coded('<1@p>')}", "334 ", "235 in"), again),
        ("XOAUTH2", (f"334 {coded('{}')}", f"334 {coded('{}')}", "535 5.7.8 no"), "535"),
    )
    for number, (method, (first, *rest), ends) in enumerate(table):
        yield Row(
            name=f"{number} {method} {ends}",
            script={"EHLO": ehlo(f"AUTH {method}"), "AUTH": first},
            how={**CLEAR, **LOGIN, "login": Login(method.lower())},
            ends=ends,
            asks=tuple(rest),
        )


def parameters() -> Iterator[Row]:
    """What it says to parameters that it has offered."""
    for offered, move in (
        ("SIZE", "555 5.5.4 unsupported option: SIZE"),
        ("SIZE 100000", "552 5.3.4 message size exceeds fixed limit"),
        ("SIZE 100000", "452 4.3.1 insufficient system storage"),
        ("DSN", "555 5.5.4 RET not understood"),
    ):
        yield Row(
            name=f"MAIL {move}",
            script={"EHLO": ehlo(offered), "MAIL": move},
            ends=move[4:],
            verbs="EHLO MAIL QUIT",
        )


ROWS = [
    *(*greetings(), *hellos(), *tunnels(), *changes()),
    *(*methods(), *logins(), *challenges(), *parameters()),
]


class Asking(Peer):
    """A relay that asks, after AUTH, what it was told to ask."""

    def asks(self, moves: tuple[Move, ...]) -> Asking:
        """What it says to each line that is no command."""
        self._asks = iter(moves)
        return self

    async def _move(self, name: str, writer: asyncio.StreamWriter) -> bool:
        if name in OBEDIENT or name in {"GREET", "HELO"}:
            return await super()._move(name, writer)
        move = next(self._asks, "500 5.5.1 unknown")
        if isinstance(move, str) and not isinstance(move, Act):
            writer.write(move.encode() + b"\r\n")
            await writer.drain()
        return not isinstance(move, Act)
