"""SPF, DKIM and DMARC as receivers read them: one fault at a time gives exactly its complaint."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.authentication.keys import KeyType, SigningKey, make_key
from mailer.authentication.records import find_dmarc, find_key_problem, parse_tags
from mailer.authentication.resolver import DnsSilence
from newsletter.doctor.diagnosis import PUBLISH, Diagnosis, Health, record_line
from newsletter.doctor.domain import examine_domain
from newsletter.doctor.senders import Origin
from tests.peers.zone import DOMAIN, HERE, KEY, Zone
from tests.sizes import examples
from tests.worlds.rows import each


def examined(zone: Zone, *, keys: tuple[SigningKey, ...] = (KEY,)) -> list[Diagnosis]:
    """What is said of the domain, mail leaving from this host."""
    origin = Origin(host="this machine", address=HERE, is_direct=True)
    return list(examine_domain(DOMAIN, keys, zone, origins=[origin]))


def test_a_domain_in_order_gets_no_complaint() -> None:
    """With everything published, each thing is looked at and well (rule A2)."""
    found = examined(Zone())
    assert [one.name for one in found] == [
        *("domain", "spf", "spf relay", "dmarc", "dkim s1", "alignment", "bounces", "ptr"),
    ]
    assert {one.health for one in found} == {Health.OK}


def setting(name: str, *records: str) -> Callable[[Zone], None]:
    """A fault in TXT records."""
    return lambda zone: zone.texts.update({name: list(records)})


OTHER_KEY = SigningKey.load(make_key(KeyType.ED25519), domain=DOMAIN, selector="s1")
NINE = " ".join(f"a:h{n}.test" for n in range(9))
FAULTS: dict[str, tuple[str, Callable[[Zone], None], str, Health]] = {
    "no such domain": (
        "domain",
        lambda zone: zone.missing.add(DOMAIN),
        "does not exist",
        Health.ERROR,
    ),
    "no SPF": ("spf", setting(DOMAIN, "hello"), "no SPF record", Health.ERROR),
    "two SPF": ("spf", setting(DOMAIN, "v=spf1 a -all", "v=spf1 mx -all"), "2 SPF", Health.ERROR),
    "bad SPF": ("spf", setting(DOMAIN, "v=spf1 ip4:300.1.1.1 -all"), "void", Health.ERROR),
    "open SPF": ("spf", setting(DOMAIN, "v=spf1 a +all"), "everybody", Health.ERROR),
    "closed SPF": ("spf", setting(DOMAIN, "v=spf1 -all"), "nobody", Health.ERROR),
    "dead include": ("spf", setting("relay.test"), "relay.test, which has no", Health.ERROR),
    "long SPF": (
        "spf",
        setting("relay.test", f"v=spf1 {NINE} a -all"),
        "more than 10",
        Health.ERROR,
    ),
    "names that are gone": (
        "spf",
        setting("relay.test", "v=spf1 a:no1.test mx:no2.test a:no3.test -all"),
        "no1.test, no2.test",
        Health.ERROR,
    ),
    "another sender": (
        "spf relay",
        setting(DOMAIN, "v=spf1 ip4:192.0.2.0/24 -all"),
        f"{HERE}, and the SPF record",
        Health.ERROR,
    ),
    "two DMARC": (
        "dmarc",
        setting("_dmarc.example.com", "v=DMARC1; p=none", "v=DMARC1; p=reject"),
        "2 DMARC",
        Health.ERROR,
    ),
    "DMARC without policy": (
        "dmarc",
        setting("_dmarc.example.com", "v=DMARC1; adkim=s"),
        "p= must be",
        Health.ERROR,
    ),
    "two keys": (
        "dkim s1",
        setting(KEY.record_name, KEY.private.record(), OTHER_KEY.private.record()),
        "2 keys",
        Health.ERROR,
    ),
    "no DMARC": ("dmarc", setting("_dmarc.example.com"), "no DMARC record", Health.ERROR),
    "bad DMARC": ("dmarc", setting("_dmarc.example.com", "v=DMARC1; p=no"), "void", Health.ERROR),
    "no key": ("dkim s1", setting(KEY.record_name), "no key", Health.ERROR),
    "other key": (
        "dkim s1",
        setting(KEY.record_name, OTHER_KEY.private.record()),
        "another",
        Health.ERROR,
    ),
    "revoked key": ("dkim s1", setting(KEY.record_name, "v=DKIM1; p="), "revoked", Health.ERROR),
    "testing key": (
        "dkim s1",
        setting(KEY.record_name, f"{KEY.private.record()}; t=y"),
        "t=y",
        Health.WARNING,
    ),
    "null MX": (
        "bounces",
        lambda zone: zone.exchangers.update({DOMAIN: [""]}),
        "takes no mail",
        Health.ERROR,
    ),
    "no MX": ("bounces", lambda zone: zone.exchangers.clear(), "no MX and no", Health.ERROR),
    "dead MX": ("bounces", lambda zone: zone.hosts.pop("mx.test"), "no address", Health.ERROR),
    "no PTR": ("ptr", lambda zone: zone.pointers.clear(), "points to no name", Health.ERROR),
    "PTR astray": (
        "ptr",
        lambda zone: zone.hosts.pop("here.test"),
        "not point back",
        Health.ERROR,
    ),
    "silence": ("spf", lambda zone: zone.silent.add("relay.test"), "no answer", Health.WARNING),
}


@each("fault", FAULTS)
def test_one_fault_is_one_complaint(fault: str) -> None:
    """Each fault of the DNS gives exactly its complaint, with something to do (rule A2)."""
    name, harm, words, verdict = FAULTS[fault]
    zone = Zone()
    harm(zone)
    (complaint,) = [one for one in examined(zone) if one.health is not Health.OK]
    assert (complaint.name, complaint.health) == (name, verdict)
    assert words in complaint.message
    assert complaint.advice


def test_advice_is_the_record_to_publish() -> None:
    """A missing record is told as a line of a zone file, apart from the sentence before it."""
    zone = Zone()
    zone.texts = {}
    found = [one for one in examined(zone) if one.record]
    assert {one.advice for one in found} == {PUBLISH}
    advice = {one.name: one.record for one in found}
    assert advice["dmarc"] == f'_dmarc.{DOMAIN}. IN TXT "v=DMARC1; p=none"'
    assert advice["dkim s1"] == f'{KEY.record_name}. IN TXT "{KEY.private.record()}"'
    assert advice["spf"] == f'{DOMAIN}. IN TXT "v=spf1 ip4:{HERE} ~all"'


def test_the_record_to_publish_keeps_what_is_there() -> None:
    """Whoever is not covered gets the present record with one term more, not another one."""
    zone = Zone()
    zone.texts[DOMAIN] = ["v=spf1 include:relay.test -all", "something else"]
    advice = {one.name: one.record for one in examined(zone)}
    expected = f"v=spf1 ip4:{HERE} include:relay.test -all"
    assert advice["spf relay"] == f'{DOMAIN}. IN TXT "{expected}"'


@each(
    ("origin", "verdict", "words"),
    [
        (Origin(host="out.relay.test"), Health.OK, "lets out.relay.test send (198.51.100.9)"),
        (Origin(host="198.51.100.9"), Health.OK, "lets 198.51.100.9 send"),
        (Origin(host="mx.test"), Health.SKIPPED, "may send from others"),
        (Origin(host="gone.test"), Health.SKIPPED, "may send from others"),
        (Origin(host="here", is_direct=True), Health.SKIPPED, "no public one"),
    ],
)
def test_what_cannot_be_told_is_not_claimed(origin: Origin, verdict: Health, words: str) -> None:
    """A relay that is covered is; one that is not may send from another address (rule A1)."""
    found = {one.name: one for one in examine_domain(DOMAIN, (KEY,), Zone(), origins=[origin])}
    assert found["spf relay"].health is verdict
    assert words in found["spf relay"].message
    assert ("doctor --signed FILE" in found["spf relay"].advice) is (verdict is Health.SKIPPED)


def returned(zone: Zone, return_domain: str) -> dict[str, Diagnosis]:
    """What is said where return paths have a domain of their own."""
    origin = Origin(host="this machine", address=HERE, is_direct=True)
    looked = examine_domain(DOMAIN, (KEY,), zone, origins=[origin], return_domain=return_domain)
    return {one.name: one for one in looked}


def test_return_paths_below_the_senders_domain_are_in_order() -> None:
    """SPF and MX are those of the return path's domain, and it aligns with From (rule A33)."""
    zone = Zone()
    zone.texts["bounce.example.com"] = zone.texts.pop(DOMAIN)
    zone.exchangers["bounce.example.com"] = zone.exchangers.pop(DOMAIN)
    found = returned(zone, "bounce.example.com")
    assert {one.health for one in found.values()} == {Health.OK}
    assert "bounce.example.com" in found["bounces"].message


def test_return_paths_elsewhere_are_a_warning() -> None:
    """The SPF of another organisation says nothing for the sender (RFC 9989, rule A33)."""
    zone = Zone()
    zone.texts["elsewhere.test"] = zone.texts[DOMAIN]
    zone.exchangers["elsewhere.test"] = zone.exchangers[DOMAIN]
    found = returned(zone, "elsewhere.test")
    assert found["return path"].health is Health.WARNING
    assert "example.com" in found["return path"].advice


@each("name", ["spf", "bounces", "return path"])
def test_each_fault_of_the_return_paths_domain_is_told(name: str) -> None:
    """It has no SPF record, no exchanger, or does not exist."""
    zone = Zone()
    if name == "return path":
        zone.missing.add("bounce.example.com")
    found = returned(zone, "bounce.example.com")
    assert found[name].health is Health.ERROR
    assert "bounce.example.com" in found[name].message


def test_each_relay_is_told_by_its_name() -> None:
    """With several, it is said which one is meant."""
    origins = [Origin(host="out.relay.test"), Origin(host="mx.test")]
    found = [one.name for one in examine_domain(DOMAIN, (KEY,), Zone(), origins=origins)]
    assert {"spf out.relay.test", "spf mx.test"} <= set(found)


def test_a_short_key_is_a_warning() -> None:
    """1024 bits still verify, and receivers ask for 2048 (rule A29)."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    made = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = SigningKey.load(pem, domain=DOMAIN, selector="old")
    zone = Zone()
    zone.texts[key.record_name] = [key.private.record()]
    (warning,) = [one for one in examined(zone, keys=(key,)) if one.health is not Health.OK]
    assert (warning.name, warning.health) == ("dkim old", Health.WARNING)
    assert "1024 bits" in warning.message


@each(
    ("record", "words"),
    [
        ("v=DMARC1; p=none", "enough for receivers and protects nobody yet; without rua="),
        ("v=DMARC1; p=none; rua=mailto:a@example.com", "protects nobody yet."),
        ("v=DMARC1; p=reject", "says p=reject."),
    ],
)
def test_a_policy_that_only_watches_is_noted(record: str, words: str) -> None:
    """p=none suffices (rule A1), and what it does not do is said."""
    zone = Zone()
    zone.texts["_dmarc.example.com"] = [record]
    found = {one.name: one for one in examined(zone)}["dmarc"]
    assert found.health is Health.OK
    assert found.message.endswith(words) or words in found.message


def test_long_records_are_split() -> None:
    """No string of a TXT record passes 255 octets (RFC 1035 3.3)."""
    assert record_line("a", "x" * 300) == f'a. IN TXT "{"x" * 255}" "{"x" * 45}"'


def test_mail_that_is_not_signed_is_a_warning() -> None:
    """Without a key the relay may sign; what it must cover is told (rule A6)."""
    (warning,) = [one for one in examined(Zone(), keys=()) if one.health is not Health.OK]
    assert (warning.name, warning.health) == ("dkim", Health.WARNING)
    assert "List-Unsubscribe-Post" in warning.message


@each(
    ("signing", "dmarc", "verdict"),
    [
        ("example.com", "v=DMARC1; p=none", Health.OK),
        ("other.example.com", "v=DMARC1; p=none", Health.OK),
        ("example.com", "v=DMARC1; p=none; adkim=s", Health.ERROR),
        ("example.org", "v=DMARC1; p=none", Health.ERROR),
    ],
)
def test_signatures_must_be_of_the_same_organisation(
    signing: str, dmarc: str, verdict: Health
) -> None:
    """Relaxed alignment takes siblings, strict only the sender's own domain (rules A1, A33)."""
    key = SigningKey(domain=signing, selector="s1", private=KEY.private)
    zone = Zone()
    zone.texts |= {key.record_name: [key.private.record()], "_dmarc.example.com": [dmarc]}
    found = {one.name: one.health for one in examined(zone, keys=(key,))}
    assert found["alignment"] is verdict


# ── DKIM and DMARC ───────────────────────────────────────────────────────────────────────────


@each(
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


@each(
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
        (
            {
                "_dmarc.example.com": "v=DMARC1; p=quarantine; psd=y",
                "_dmarc.com": "v=DMARC1; p=reject",
            },
            "b.example.com",
            "quarantine",
        ),
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


def test_a_void_record_further_up_takes_nothing_away() -> None:
    """Receivers discard it and use the domain's own (RFC 9989 4.10)."""
    zone = Zone()
    zone.texts |= {
        "_dmarc.com": ["v=DMARC1; p=none", "v=DMARC1; p=reject"],
        f"_dmarc.{DOMAIN}": ["v=DMARC1; p=quarantine"],
    }
    record = find_dmarc(DOMAIN, zone).record
    assert record is not None
    assert (record.name, record.policy) == (DOMAIN, "quarantine")


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


@given(st.text(alphabet="v= DKMARC1;:kpts\t", max_size=60))
@settings(max_examples=examples(150))
def test_any_record_can_be_read(text: str) -> None:
    """Whatever stands in the DNS is read, or refused with a sentence; nothing else happens."""
    with suppress(ValueError):
        parse_tags(text)
    find_key_problem([f"p={text}"], kind="rsa", public=b"x")
