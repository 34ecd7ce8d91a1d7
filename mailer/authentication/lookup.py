"""Asks the DNS for what receivers of mail look at. A door of dnspython, beside mailer/address.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast

import dns.exception
import dns.name
import dns.resolver
import dns.reversename
from dns.rdata import Rdata
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT

from mailer.address import configured_resolver, server_mark

TIMEOUT: Final = 5
"""Seconds that one question may take."""

_NOTHING: Final = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)
_SILENCE: Final = (dns.exception.DNSException, OSError)


class Dns:
    """The DNS as this host is configured to ask it (mailer.authentication.Resolver).

    `server` and `port` name another server to ask.
    """

    def __init__(self, server: str = "", port: int = 53, *, timeout_s: float = TIMEOUT) -> None:
        self._timeout_s = timeout_s
        self._mark = server_mark()
        self._is_told = bool(server)
        self._opened = self._open()
        if server:
            self._opened.nameservers, self._opened.port = [server], port

    @property
    def _resolver(self) -> dns.resolver.Resolver:
        """Asks the servers that this host is told to ask now."""
        if not self._is_told and (mark := server_mark()) != self._mark:
            self._mark, self._opened = mark, self._open()
        return self._opened

    def _open(self) -> dns.resolver.Resolver:
        made = dns.resolver.Resolver(configure=False) if self._is_told else configured_resolver()
        made.lifetime = self._timeout_s
        return made

    def txt(self, name: str) -> list[str] | None:
        """See Resolver.txt. Bytes that are no text are shown as such, and match nothing."""
        found = self._ask(name, "TXT")
        if found is None:
            return None
        texts = cast("Iterable[TXT]", found)
        return [b"".join(text.strings).decode("utf-8", "backslashreplace") for text in texts]

    def mx(self, name: str) -> list[str] | None:
        """See Resolver.mx."""
        found = self._ask(name, "MX")
        if found is None:
            return None
        ranked = sorted(cast("Iterable[MX]", found), key=lambda one: one.preference)
        return [one.exchange.to_text(omit_final_dot=True).removesuffix(".") for one in ranked]

    def addresses(self, name: str) -> list[str] | None:
        """See Resolver.addresses."""
        four, six = self._ask(name, "A"), self._ask(name, "AAAA")
        if four is None and not six:
            return None
        return [one.to_text() for one in (*(four or ()), *(six or ()))]

    def exists(self, name: str) -> bool | None:
        """See Resolver.exists. An answer without a SOA is one of a name within a zone."""
        try:
            self._resolver.resolve(name, "SOA", search=False)
        except dns.resolver.NXDOMAIN:
            return False
        except dns.resolver.NoAnswer:
            return True
        except _SILENCE:
            return None
        return True

    def names(self, address: str) -> list[str] | None:
        """See Resolver.names."""
        found = self._ask(dns.reversename.from_address(address).to_text(), "PTR")
        return None if found is None else [one.to_text().removesuffix(".") for one in found]

    def _ask(self, name: str, kind: str) -> list[Rdata] | None:
        try:
            return list(self._resolver.resolve(name, kind, search=False))
        except _NOTHING:
            return []
        except _SILENCE:
            return None
