"""A DNS that says what a test lets it say."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailer.authentication.keys import KeyType, SigningKey, make_key

DOMAIN = "news.example.com"
KEY = SigningKey.load(make_key(KeyType.ED25519), domain=DOMAIN, selector="s1")
HERE = "203.0.113.5"


@dataclass
class Zone:
    """A DNS under the test's command, in which all is well."""

    texts: dict[str, list[str]] = field(
        default_factory=lambda: {
            DOMAIN: ["something else", "v=spf1 include:relay.test ip4:203.0.113.0/24 -all"],
            "relay.test": ["v=spf1 ip6:2001:db8::/32 a:out.relay.test/28 ~all"],
            "_dmarc.example.com": ["v=DMARC1; p=reject; rua=mailto:d@example.com"],
            KEY.record_name: [KEY.private.record()],
        }
    )
    exchangers: dict[str, list[str]] = field(default_factory=lambda: {DOMAIN: ["mx.test"]})
    hosts: dict[str, list[str]] = field(
        default_factory=lambda: {
            "mx.test": ["192.0.2.7"],
            "here.test": [HERE],
            "out.relay.test": ["198.51.100.9"],
        }
    )
    pointers: dict[str, list[str]] = field(default_factory=lambda: {HERE: ["here.test"]})
    missing: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def txt(self, name: str) -> list[str] | None:
        """TXT records."""
        self.asked.append(name)
        return None if name in self.silent else self.texts.get(name, [])

    def mx(self, name: str) -> list[str] | None:
        """Mail exchangers."""
        return self.exchangers.get(name, [])

    def addresses(self, name: str) -> list[str] | None:
        """Addresses."""
        return self.hosts.get(name, [])

    def exists(self, name: str) -> bool | None:
        """Whether there is such a name."""
        return name not in self.missing

    def names(self, address: str) -> list[str] | None:
        """Names of an address."""
        return self.pointers.get(address, [])
