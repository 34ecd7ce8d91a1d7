"""Owns how we log in (RFC 4954): by which method, and what is said to each challenge. Pure.

A password is said only to a server that asks for it. A server that does not know the command, ignores what came
with it, or asks in an odd order would else take it for something that may be logged.
"""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Collection
from enum import StrEnum
from typing import Final

UNKNOWN_METHOD: Final = 504
"""The reply of a server that offers a method and does not know it (RFC 4954 4): nothing was tried."""
LOGGED_IN: Final = (235, 503)
"""Yes; and that we are in already (RFC 4954 4)."""
CANCEL: Final = b"*"
"""What ends an exchange that leads nowhere (RFC 4954 4)."""


class Login(StrEnum):
    """The methods that we know."""

    PLAIN = "plain"
    """RFC 4616."""
    LOGIN = "login"
    """Of no standard, and everywhere (draft-murchison-sasl-login)."""
    CRAM_MD5 = "cram-md5"
    """RFC 2195."""
    XOAUTH2 = "xoauth2"
    """Google's and Microsoft's; the password is an access token. Only where it is asked for by name."""


_ENHANCED: Final = re.compile(r"^\d\.\d{1,3}\.\d{1,3}\s", re.MULTILINE)
"""The status that may begin each line of a reply (RFC 2034 4)."""
_BY_ITSELF: Final = (Login.PLAIN, Login.LOGIN, Login.CRAM_MD5)


class OddChallenge(ValueError):
    """The server asks for what it must not get, or was told already. `str` is a sentence."""


def choose_methods(offered: Collection[str], wanted: Login | None) -> tuple[Login, ...]:
    """The methods to try, in this order; the next one only after `UNKNOWN_METHOD`."""
    known = {name.lower() for name in offered}
    return tuple(one for one in ((wanted,) if wanted else _BY_ITSELF) if one in known)


def repeats_login(said: str, user: str, password: str) -> bool:
    """Whether what a relay said holds the password, in plain text or as it was sent (RFC 4616, rule A37)."""
    if not password:
        return False
    said = _squeeze(_ENHANCED.sub("", said))
    sent = (user, password, f"\0{user}\0{password}", _bearer(user, password))
    coded = (b64encode(text.encode()).decode().rstrip("=") for text in sent)
    return any(_squeeze(secret) in said for secret in (password, *coded))


class Dialogue:
    """One try by one method."""

    def __init__(self, method: Login, user: str, password: str, *, is_private: bool) -> None:
        """`is_private`: whether TLS protects what is said. Without it nothing comes with the command
        itself, which a server that does not know it may write down.
        """
        self._method = method
        self._user = user
        self._password = password
        self._at_once = is_private and method in (Login.PLAIN, Login.XOAUTH2)
        self._turn = 0
        self._asked = b""
        """What the server asked for first."""

    @property
    def command(self) -> bytes:
        """What follows AUTH and a space."""
        name = self._method.upper().encode()
        return name + b" " + b64encode(self._whole()) if self._at_once else name

    def answer(self, challenge: str) -> bytes:
        """The line that answers a 334; `challenge` is its text. Raises OddChallenge."""
        self._turn += 1
        match self._method:
            case Login.LOGIN:
                return b64encode(self._name_or_password(_decode(challenge)))
            case Login.CRAM_MD5 if self._turn == 1:
                key, nonce = self._password.encode(), _decode(challenge)
                return b64encode(f"{self._user} {hmac.digest(key, nonce, 'md5').hex()}".encode())
            case Login.PLAIN if self._turn == 1:
                return b64encode(self._whole())
            case Login.XOAUTH2 if self._turn == 1 and not self._at_once:
                return b64encode(self._whole())
            case Login.XOAUTH2 if self._turn <= 2:
                return b""  # it told an error, and says the reply after an empty line
            case _:
                raise OddChallenge(f"asks again after {self._method} had its answer")

    def _whole(self) -> bytes:
        if self._method is Login.XOAUTH2:
            return _bearer(self._user, self._password).encode()
        return f"\0{self._user}\0{self._password}".encode()

    def _name_or_password(self, challenge: bytes) -> bytes:
        """First the name, then the password, unless the server asks in another order, or, in whatever
        language, a second time for what it was told.
        """
        asked = challenge.strip().lower()
        if self._turn == 1 and b"pass" not in asked:
            self._asked = asked
            return self._user.encode()
        is_new = not asked or asked != self._asked
        if self._turn == 2 and b"user" not in asked and is_new:
            return self._password.encode()
        raise OddChallenge("asks for name and password in another order than LOGIN has")


def _bearer(user: str, token: str) -> str:
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def _squeeze(text: str) -> str:
    """The text without blanks, line ends and case, which a relay may change in what it repeats."""
    return "".join(text.split()).casefold()


def _decode(challenge: str) -> bytes:
    """Its octets; where a server writes plain words instead of base64, those."""
    try:
        return b64decode(challenge.strip(), validate=True)
    except (binascii.Error, ValueError):
        return challenge.encode("utf-8", "replace")
