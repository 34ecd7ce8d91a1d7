"""What others call this host."""

from __future__ import annotations

from mailer.smtp.names import names_of_host, names_said, own_name
from tests.worlds.rows import each


@each(
    ("greeting", "address", "names"),
    [
        ("mail.example.com", "203.0.113.5", ("mail.example.com", "203.0.113.5")),
        ("Mail.Example.COM", "203.0.113.5", ("mail.example.com", "203.0.113.5")),
        ("[203.0.113.5]", "203.0.113.5", ("203.0.113.5",)),
        ("[IPv6:2001:db8::25]", "2001:db8::25", ("2001:db8::25",)),
        ("localhost", "127.0.0.1", ()),
        ("laptop.local", "::1", ()),
        ("host", "192.168.1.7", ("192.168.1.7",)),
    ],
)
def test_only_what_tells_us_from_others_is_a_name(
    greeting: str, address: str, names: tuple[str, ...]
) -> None:
    """Without brackets and capitals; what every host is called says nothing."""
    assert names_said(greeting, address) == names


def test_a_host_without_a_name_greets_with_its_address() -> None:
    """RFC 5321 4.1.1.1: a FQDN, or a literal; either is then one of its names."""
    for address in ("203.0.113.5", "2001:db8::25"):
        said = own_name(address)
        assert said in {f"[{address}]", f"[IPv6:{address}]"} or "." in said
        assert names_said(said, address)


def test_how_relays_are_greeted_is_known_of_this_host() -> None:
    """Beside what the machine itself can tell."""
    assert "mail.example.com" in names_of_host(("mail.example.com", ""))
    assert "" not in names_of_host(("",))
