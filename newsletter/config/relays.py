"""How [smtp] is read: a relay's URL and its options, or the embedded outbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from mailer.address import ascii_domain
from mailer.smtp import Login, Outbox, Relay, Tls, is_loopback
from newsletter.config.uris import is_host, split_address
from newsletter.config.values import nearest


def parse_relay(value: object, folder: Path) -> Relay | Outbox:
    """Reads `outbox:DIR`, `smtp://user:password@host:587` or `smtps://host:465`.

    `?tls=none` gives up encryption, `?tls=starttls` demands it of loopback too, `?ca=FILE` names
    the certificates to trust. Paths are relative to `folder`.
    """
    text = str(value)
    if text.startswith("outbox:"):
        return _parse_outbox(text.removeprefix("outbox:"), folder)
    parts = split_address(text)
    if parts.scheme not in {"smtp", "smtps"}:
        raise ValueError("must be outbox:DIR, smtp://… or smtps://…")
    host = parts.hostname or ""
    if not is_host(host) or parts.path not in {"", "/"} or parts.fragment:
        raise ValueError(
            "must be like smtp://user:password@host:587; "
            "write @ : / ? # % in the user and the password as %40 %3A %2F %3F %23 %25"
        )
    options = _relay_options(parts.query)
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(username) != bool(password):
        raise ValueError("needs both a user and a password, or neither")
    return Relay(
        host=ascii_domain(host),
        port=parts.port or (465 if parts.scheme == "smtps" else 587),
        username=username,
        password=password,
        tls=_relay_tls(parts.scheme, host, options),
        ca=_ca_file(options, folder),
    )


def parse_login(name: str) -> Login:
    """Reads the name of a method to log in by."""
    if name not in list(Login):
        raise ValueError(f"must be one of {', '.join(Login)}{nearest(name, tuple(Login))}")
    return Login(name)


def _parse_outbox(directory: str, folder: Path) -> Outbox:
    if not directory.strip("/"):
        raise ValueError("must name the outbox's folder, like outbox:outbox")
    return Outbox(directory=folder / directory)


def _relay_options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options.keys() - {"tls", "ca"}:  # may be a part of a password that holds a ?
        raise ValueError(
            f"has an unknown option: there are tls and ca{nearest(name, ('tls', 'ca'))}"
        )
    return options


def _relay_tls(scheme: str, host: str, options: Mapping[str, str]) -> Tls:
    wish = options.get("tls")
    if scheme == "smtps":
        if wish not in {None, Tls.IMPLICIT}:
            raise ValueError("asks smtps:// for another tls; use smtp:// for starttls or none")
        return Tls.IMPLICIT
    if wish not in {None, Tls.STARTTLS, Tls.NONE}:
        raise ValueError("must have ?tls=starttls or ?tls=none; smtps:// is tls from the start")
    if wish is not None:
        return Tls(wish)
    return Tls.NONE if is_loopback(host) and "ca" not in options else Tls.STARTTLS


def _ca_file(options: Mapping[str, str], folder: Path) -> Path | None:
    if "ca" not in options:
        return None
    if options.get("tls") == Tls.NONE:
        raise ValueError("has a ca, but tls=none never looks at certificates")
    if not options["ca"]:
        raise ValueError("must have ?ca=FILE")
    return folder / options["ca"]
