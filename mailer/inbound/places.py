"""Owns where mail may come in, as the author writes it down: a mailbox by IMAP, an address to listen at. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from mailer.address import ascii_domain
from mailer.smtp import is_loopback
from storage.model import AddressError


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapMailbox:
    """A mailbox on an IMAP server (RFC 9051). Its repr shows no password."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    tls: bool = True
    """From the first byte. Without it only to this machine."""


_MAILBOX_SHAPE: Final = 'must be like "imaps://user:password@host/INBOX"'


def parse_imap(url: str) -> ImapMailbox:
    """`imaps://user:password@host/INBOX`, or `imap://` to loopback. Raises ValueError, which never
    repeats the URL: it holds a password.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, ascii_domain(parts.hostname or "")
    except (ValueError, AddressError):
        raise ValueError(_MAILBOX_SHAPE) from None  # the error quotes what may be the password
    if parts.scheme not in {"imap", "imaps"} or not host or not parts.username:
        raise ValueError(_MAILBOX_SHAPE)
    if parts.scheme == "imap" and not is_loopback(parts.hostname or ""):
        raise ValueError("imap:// sends the password in clear; use imaps://")
    return ImapMailbox(
        host=host,
        port=port or (993 if parts.scheme == "imaps" else 143),
        username=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        tls=parts.scheme == "imaps",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenAddress:
    """Where to listen, and in which protocol."""

    lmtp: bool
    host: str = ""
    port: int = 0
    path: Path | None = None
    """A Unix socket instead of host and port."""

    def __str__(self) -> str:
        scheme = "lmtp" if self.lmtp else "smtp"
        if self.path is not None:
            return f"{scheme}://{self.path}"
        return (
            f"{scheme}://[{self.host}]:{self.port}"
            if ":" in self.host
            else (f"{scheme}://{self.host}:{self.port}")
        )


def parse_listen(text: str) -> ListenAddress:
    """`127.0.0.1:2525`, `smtp://…`, `lmtp://host:port` or `lmtp:///path/of/socket`. Raises ValueError."""
    parts = urlsplit(text if "://" in text else f"smtp://{text}")
    shape = ValueError(
        'must be like "127.0.0.1:2525", "lmtp://127.0.0.1:2424" or "lmtp:///run/newsletter/lmtp"'
    )
    if parts.scheme not in {"smtp", "lmtp"} or parts.query or parts.fragment or parts.username:
        raise shape
    lmtp = parts.scheme == "lmtp"
    if not parts.netloc and len(parts.path) > 1:
        return ListenAddress(lmtp=lmtp, path=Path(parts.path))
    try:
        port = parts.port
    except ValueError:
        port = None
    if not parts.hostname or port is None or parts.path not in {"", "/"}:
        raise shape
    return ListenAddress(lmtp=lmtp, host=parts.hostname, port=port)
