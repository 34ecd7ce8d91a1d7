"""Confirmations from a domain of their own, as receivers judge it."""

from __future__ import annotations

from collections.abc import Callable

from newsletter.doctor.diagnosis import Diagnosis, Health
from newsletter.doctor.domain import examine_confirming
from tests.peers.zone import DOMAIN, KEY, Zone
from tests.worlds.rows import each

CONFIRM = "confirm.example.com"


def examined(zone: Zone, domain: str = CONFIRM) -> dict[str, Diagnosis]:
    """What is said of it, by what was looked at; keys and return paths are those of issues."""
    looked = examine_confirming(domain, (KEY,), zone, return_domain=DOMAIN)
    return {one.name.removeprefix("confirmations "): one for one in looked}


def test_confirmations_from_another_domain_in_order_get_no_complaint() -> None:
    """A sub-domain has DMARC, signatures and return paths of its organisation (rules A1, A33, A38)."""
    found = examined(Zone())
    assert list(found) == ["domain", "return path", "dmarc", "alignment"]
    assert {one.health for one in found.values()} == {Health.OK}


def gone(zone: Zone) -> None:
    """There is no such domain."""
    zone.missing.add(CONFIRM)


def strict(zone: Zone) -> None:
    """Signatures of the organisation do not count for it."""
    zone.texts[f"_dmarc.{CONFIRM}"] = ["v=DMARC1; p=reject; adkim=s"]


def silent(zone: Zone) -> None:
    """The DNS does not say."""
    zone.silent.add(f"_dmarc.{CONFIRM}")


@each(
    ("harm", "name", "health"),
    [
        (gone, "domain", Health.ERROR),
        (strict, "alignment", Health.ERROR),
        (silent, "dmarc", Health.WARNING),
    ],
)
def test_each_fault_of_the_domain_of_confirmations_is_told(
    harm: Callable[[Zone], None], name: str, health: Health
) -> None:
    """With the setting that it is about, or when to look again."""
    zone = Zone()
    harm(zone)
    found = examined(zone)
    assert found[name].health is health
    assert CONFIRM in found[name].message
    assert "[subscribers] sender" in found[name].advice or found[name].advice == "Try again."
    assert [one for one in found.values() if one.health is Health.ERROR] == (
        [found[name]] if health is Health.ERROR else []
    )


def test_confirmations_of_another_organisation_are_told_thrice() -> None:
    """It has no DMARC record, and neither the signature nor the return path counts for it: none would be taken."""
    found = examined(Zone(), "elsewhere.test")
    assert {name: one.health for name, one in found.items()} == {
        "domain": Health.OK,
        "return path": Health.WARNING,
        "dmarc": Health.ERROR,
        "alignment": Health.ERROR,
    }
    assert found["dmarc"].record == '_dmarc.elsewhere.test. IN TXT "v=DMARC1; p=none"'
