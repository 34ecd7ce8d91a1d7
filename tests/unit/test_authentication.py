"""SPF, DKIM and DMARC as receivers read them: one fault at a time gives exactly its complaint."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.authentication import (
    DnsSilence,
    count_lookups,
    find_dmarc,
    find_key_problem,
    parse_spf,
    parse_tags,
)
from mailer.dkim import KeyType, SigningKey, make_key
from newsletter.domaincheck import Diagnosis, Verdict, examine_domain, record_line

DOMAIN = "news.example.com"
KEY = SigningKey.load(make_key(KeyType.ED25519), domain=DOMAIN, selector="s1")
HERE = "203.0.113.5"


@dataclass
class Zone:
    """A DNS under the test's command, in which all is well."""

    texts: dict[str, list[str]] = field(
        default_factory=lambda: {
            DOMAIN: ["something else", "v=spf1 include:relay.test ip4:192.0.2.0/24 -all"],
            "relay.test": ["v=spf1 ip6:2001:db8::/32 a:out.relay.test/28 ~all"],
            "_dmarc.example.com": ["v=DMARC1; p=reject; rua=mailto:d@example.com"],
            KEY.record_name: [KEY.private.record()],
        }
    )
    exchangers: dict[str, list[str]] = field(default_factory=lambda: {DOMAIN: ["mx.test"]})
    hosts: dict[str, list[str]] = field(
        default_factory=lambda: {"mx.test": ["192.0.2.7"], "here.test": [HERE]}
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


def examined(zone: Zone, *, keys: tuple[SigningKey, ...] = (KEY,)) -> list[Diagnosis]:
    """What is said of the domain, mail leaving from this host."""
    return list(examine_domain(DOMAIN, keys, zone, own_address=HERE))


def test_a_domain_in_order_gets_no_complaint() -> None:
    """With everything published, each thing is looked at and well (rule A2)."""
    found = examined(Zone())
    assert [one.name for one in found] == [
        *("domain", "spf", "dmarc", "dkim s1", "alignment", "bounces", "ptr"),
    ]
    assert {one.verdict for one in found} == {Verdict.OK}


def setting(name: str, *records: str) -> Callable[[Zone], None]:
    """A fault in TXT records."""
    return lambda zone: zone.texts.update({name: list(records)})


OTHER_KEY = SigningKey.load(make_key(KeyType.ED25519), domain=DOMAIN, selector="s1")
NINE = " ".join(f"a:h{n}.test" for n in range(9))
FAULTS: dict[str, tuple[str, Callable[[Zone], None], str, Verdict]] = {
    "no such domain": (
        "domain",
        lambda zone: zone.missing.add(DOMAIN),
        "does not exist",
        Verdict.ERROR,
    ),
    "no SPF": ("spf", setting(DOMAIN, "hello"), "no SPF record", Verdict.ERROR),
    "two SPF": ("spf", setting(DOMAIN, "v=spf1 a -all", "v=spf1 mx -all"), "2 SPF", Verdict.ERROR),
    "bad SPF": ("spf", setting(DOMAIN, "v=spf1 ip4:300.1.1.1 -all"), "void", Verdict.ERROR),
    "open SPF": ("spf", setting(DOMAIN, "v=spf1 a +all"), "everybody", Verdict.ERROR),
    "closed SPF": ("spf", setting(DOMAIN, "v=spf1 -all"), "nobody", Verdict.ERROR),
    "dead include": ("spf", setting("relay.test"), "relay.test, which has no", Verdict.ERROR),
    "long SPF": (
        "spf",
        setting("relay.test", f"v=spf1 {NINE} a -all"),
        "more than 10",
        Verdict.ERROR,
    ),
    "no DMARC": ("dmarc", setting("_dmarc.example.com"), "no DMARC record", Verdict.ERROR),
    "bad DMARC": ("dmarc", setting("_dmarc.example.com", "v=DMARC1; p=no"), "void", Verdict.ERROR),
    "no key": ("dkim s1", setting(KEY.record_name), "no key", Verdict.ERROR),
    "other key": (
        "dkim s1",
        setting(KEY.record_name, OTHER_KEY.private.record()),
        "another",
        Verdict.ERROR,
    ),
    "revoked key": ("dkim s1", setting(KEY.record_name, "v=DKIM1; p="), "revoked", Verdict.ERROR),
    "testing key": (
        "dkim s1",
        setting(KEY.record_name, f"{KEY.private.record()}; t=y"),
        "t=y",
        Verdict.WARNING,
    ),
    "null MX": (
        "bounces",
        lambda zone: zone.exchangers.update({DOMAIN: [""]}),
        "takes no mail",
        Verdict.ERROR,
    ),
    "no MX": ("bounces", lambda zone: zone.exchangers.clear(), "no MX and no", Verdict.ERROR),
    "dead MX": ("bounces", lambda zone: zone.hosts.pop("mx.test"), "no address", Verdict.ERROR),
    "no PTR": ("ptr", lambda zone: zone.pointers.clear(), "points to no name", Verdict.ERROR),
    "PTR astray": (
        "ptr",
        lambda zone: zone.hosts.pop("here.test"),
        "not point back",
        Verdict.ERROR,
    ),
    "silence": ("spf", lambda zone: zone.silent.add("relay.test"), "no answer", Verdict.WARNING),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_is_one_complaint(fault: str) -> None:
    """Each fault of the DNS gives exactly its complaint, with something to do (rule A2)."""
    name, harm, words, verdict = FAULTS[fault]
    zone = Zone()
    harm(zone)
    (complaint,) = [one for one in examined(zone) if one.verdict is not Verdict.OK]
    assert (complaint.name, complaint.verdict) == (name, verdict)
    assert words in complaint.message
    assert complaint.advice


def test_advice_is_the_record_to_publish() -> None:
    """For a missing key and DMARC record the advice is a line of a zone file."""
    zone = Zone()
    zone.texts = {}
    advice = {one.name: one.advice for one in examined(zone)}
    assert advice["dmarc"] == f'_dmarc.{DOMAIN}. IN TXT "v=DMARC1; p=none"'
    assert advice["dkim s1"] == f'{KEY.record_name}. IN TXT "{KEY.private.record()}"'
    assert advice["spf"] == f'{DOMAIN}. IN TXT "v=spf1 ip4:{HERE} ~all"'


def test_long_records_are_split() -> None:
    """No string of a TXT record passes 255 octets (RFC 1035 3.3)."""
    assert record_line("a", "x" * 300) == f'a. IN TXT "{"x" * 255}" "{"x" * 45}"'


def test_mail_that_is_not_signed_is_a_warning() -> None:
    """Without a key the relay may sign; what it must cover is told (rule A6)."""
    (warning,) = [one for one in examined(Zone(), keys=()) if one.verdict is not Verdict.OK]
    assert (warning.name, warning.verdict) == ("dkim", Verdict.WARNING)
    assert "List-Unsubscribe-Post" in warning.message


@pytest.mark.parametrize(
    ("signing", "dmarc", "verdict"),
    [
        ("example.com", "v=DMARC1; p=none", Verdict.OK),
        ("other.example.com", "v=DMARC1; p=none", Verdict.OK),
        ("example.com", "v=DMARC1; p=none; adkim=s", Verdict.ERROR),
        ("example.org", "v=DMARC1; p=none", Verdict.ERROR),
    ],
)
def test_signatures_must_be_of_the_same_organisation(
    signing: str, dmarc: str, verdict: Verdict
) -> None:
    """Relaxed alignment takes siblings, strict only the sender's own domain (rules A1, A33)."""
    key = SigningKey(domain=signing, selector="s1", private=KEY.private)
    zone = Zone()
    zone.texts |= {key.record_name: [key.private.record()], "_dmarc.example.com": [dmarc]}
    found = {one.name: one.verdict for one in examined(zone, keys=(key,))}
    assert found["alignment"] is verdict


# ── SPF ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "term",
    [
        "ip4:1.2.3.4/33",
        "ip4:::1",
        "ip6:1.2.3.4",
        "include:",
        "exists",
        "all:x",
        "ipv4:1.2.3.4",
        "-",
    ],
)
def test_terms_that_void_an_spf_record_are_found(term: str) -> None:
    """A syntax error anywhere makes the whole record void (RFC 7208 4.6)."""
    with pytest.raises(ValueError, match=r"is no"):
        parse_spf([f"v=spf1 a {term} -all"])


def test_spf_is_read_as_receivers_do() -> None:
    """Case does not matter, unknown modifiers pass, redirect counts only without `all`."""
    record = parse_spf(["V=SPF1 A MX/24//64 ptr ?ALL exp=why.test", "v=spf10 x"])
    assert record is not None
    assert (record.policy, record.lookups) == ("?", 3)
    redirected = parse_spf(["v=spf1 redirect=relay.test"])
    assert redirected is not None
    assert redirected.includes == ("relay.test",)
    assert count_lookups(redirected, Zone()) == 2


def test_a_circle_of_includes_ends() -> None:
    """Records that include each other are counted until they are void, not for ever."""
    zone = Zone()
    zone.texts |= {"a.test": ["v=spf1 include:b.test"], "b.test": ["v=spf1 include:a.test"]}
    record = parse_spf(["v=spf1 include:a.test -all"])
    assert record is not None
    assert count_lookups(record, zone) > 10
    assert len(zone.asked) < 20


# ── DKIM and DMARC ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("v=DKIM2; k=ed25519; p={p}", "version"),
        ("v=DKIM1; p={p}", "k=rsa"),
        ("v=DKIM1; k=ed25519; h=sha1; p={p}", "sha256"),
        ("v=DKIM1; k=ed25519; s=tlsrpt; p={p}", "not for mail"),
        ("v=DKIM1; k=ed25519; k=ed25519; p={p}", "twice"),
        ("v=DKIM1; k=ed25519; p=*{p}", "cannot be read"),
        ("k = ed25519 ; p = {p} ;", ""),
    ],
)
def test_tags_of_a_key_are_looked_at(record: str, words: str) -> None:
    """Each tag that keeps receivers from using the key is named (RFC 6376 3.6.1)."""
    published = KEY.private.record().partition("p=")[2]
    problem = find_key_problem(
        [record.format(p=published)], kind="ed25519", public=KEY.private.public
    )
    assert bool(problem) == bool(words)
    assert words in problem


@pytest.mark.parametrize(
    ("records", "organisation", "policy"),
    [
        ({"_dmarc.a.b.example.com": "v=DMARC1; p=none"}, "a.b.example.com", "none"),
        ({"_dmarc.example.com": "v=DMARC1; p=none; sp=reject"}, "example.com", "reject"),
        (
            {
                "_dmarc.b.example.com": "v=DMARC1; p=quarantine; psd=n",
                "_dmarc.example.com": "v=DMARC1; p=none",
            },
            "b.example.com",
            "quarantine",
        ),
        ({"_dmarc.com": "v=DMARC1; p=reject; psd=y"}, "example.com", "reject"),
        ({"_dmarc.example.com": "v=DMARC1; rua=mailto:a@example.com"}, "example.com", "none"),
    ],
)
def test_the_tree_walk_finds_record_and_organisation(
    records: dict[str, str], organisation: str, policy: str
) -> None:
    """The record of the domain itself, else of its organisation (RFC 9989 4.10)."""
    zone = Zone(texts={name: [text] for name, text in records.items()})
    walk = find_dmarc("a.b.example.com", zone)
    assert walk.organisation == organisation
    assert walk.record is not None
    assert walk.record.policy == policy


def test_the_tree_walk_is_short() -> None:
    """However long the name, eight questions are enough (RFC 9989 4.10)."""
    zone = Zone(texts={})
    assert find_dmarc(".".join("abcdefghijkl"), zone).record is None
    assert len(zone.asked) == 8
    assert zone.asked[1] == "_dmarc.f.g.h.i.j.k.l"


def test_silence_is_told_apart_from_nothing() -> None:
    """When the DNS does not answer, nothing is concluded."""
    with pytest.raises(DnsSilence, match="_dmarc"):
        find_dmarc(DOMAIN, Zone(silent={f"_dmarc.{DOMAIN}"}))


@given(st.text(alphabet="v=spf1 DKMARC;:/.-+~?=aipe46\t", max_size=60))
@settings(max_examples=150)
def test_any_record_can_be_read(text: str) -> None:
    """Whatever stands in the DNS is read, or refused with a sentence; nothing else happens."""
    for read in (lambda: parse_spf([f"v=spf1 {text}"]), lambda: parse_tags(text)):
        with suppress(ValueError):
            read()
    find_key_problem([f"p={text}"], kind="rsa", public=b"x")
