"""What a relay shows of itself before a message: reachable, protected, what it offers, the login.

Nothing is mailed (rules A36, B12, B14, B20). One relay at a time; it takes as long as the network does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from mailer.smtp import Distrust, Relay, RelayFacts, Stage, probe_relay
from newsletter.doctor.diagnosis import Diagnosis, failed, passed, skipped, warned
from storage.model import count

CERTIFICATE_DAYS: Final = 14
"""A certificate that ends sooner is a warning."""
_OPEN: Final = (
    "Start the relay, correct [smtp] url (smtps:// for a port that speaks TLS from the first byte, as 465 "
    "does), or open that port in the firewall."
)
_ASK: Final = "Ask whoever runs it to let this machine send, or name another relay in [smtp] url."


def examine_relay(relay: Relay, *, now: datetime) -> Iterator[Diagnosis]:
    """One relay: reachable, protected, willing to log us in (rules A36, B14)."""
    where = f"{relay.host}:{relay.port}"
    facts = probe_relay(relay)
    if facts.stage is Stage.CONNECT:
        cure = _ASK if facts.has_answered else _OPEN
        yield failed("relay", f"{where} cannot be used: {facts.problem}.", cure)
        for name in ("tls", "offers", "login"):
            yield skipped(name, f"There is no connection to {where}.")
        return
    yield passed("relay", f"{where} answers.")
    yield _examine_tls(relay, facts, where, now)
    if facts.stage is Stage.TLS:
        yield skipped("offers", "What it offers is asked for when the connection is protected.")
        yield skipped("login", "A password is never sent without TLS.")
        return
    yield _examine_offers(facts, where)
    yield _examine_login(relay, facts, where)


# ── protection ───────────────────────────────────────────────────────────────────────────────

_CURES: Final = {
    Distrust.SELF_SIGNED: "Get it a certificate of a public authority; or, if it is your own relay, "
    "save its certificate or that of its authority as a file and name that with ?ca=FILE.",
    Distrust.UNKNOWN_ISSUER: "Have the relay send the whole chain of its certificate; or name the "
    "authority's certificate with ?ca=FILE.",
    Distrust.WRONG_NAME: "Write the name that stands in its certificate into [smtp] url, or have one "
    "made for this name.",
    Distrust.EXPIRED: "Have the certificate renewed, and see that it renews itself.",
    Distrust.NOT_YET: "Set the clock of this machine, best by NTP; if it is right, the relay's "
    "certificate is from the future.",
}
_NO_TLS: Final = (
    "Use a port on which it offers STARTTLS, or smtps:// if it speaks TLS from the first byte; "
    "?tls=none gives up protection."
)


def _examine_tls(relay: Relay, facts: RelayFacts, where: str, now: datetime) -> Diagnosis:
    if facts.stage is Stage.TLS:
        cure = _CURES.get(facts.distrust, _NO_TLS)
        return failed("tls", f"{where}: {_explain(relay, facts)}.", cure)
    if not facts.protocol:
        if relay.is_local:
            return passed("tls", f"{where} is this machine; nothing needs protection on the way.")
        return warned(
            "tls", f"Mail travels to {where} in clear.", "Take tls=none out of [smtp] url."
        )
    if facts.valid_until is not None:
        days = (facts.valid_until - now).days
        if days < CERTIFICATE_DAYS:
            return warned(
                "tls",
                f"The certificate of {where} ends in {count(days, 'day')}.",
                "Have it renewed; when it has ended no mail is sent.",
            )
    return passed("tls", f"{facts.protocol}, and the certificate of {where} is valid.")


def _explain(relay: Relay, facts: RelayFacts) -> str:
    match facts.distrust:
        case Distrust.SELF_SIGNED:
            return "its certificate is self-signed, and anybody could have made it"
        case Distrust.UNKNOWN_ISSUER:
            return "the authority behind its certificate is not known here"
        case Distrust.WRONG_NAME:
            return f"its certificate is not made for the name {relay.host}"
        case Distrust.EXPIRED:
            return "its certificate has expired"
        case Distrust.NOT_YET:
            return "its certificate is not valid yet"
        case _:
            return facts.problem


# ── what it offers ───────────────────────────────────────────────────────────────────────────

_WITHOUT: Final = {
    "pipelining": "each message takes several round trips instead of one",
    "size": "a message that is too large is noticed only after it was sent",
    "dsn": "a bounce is found by its address alone, not by an envelope id as well",
    "smtputf8": "addresses with letters outside ASCII before the @ cannot be mailed",
}
"""What goes less well without an extension (RFC 2920, 1870, 3461, 6531)."""


def _examine_offers(facts: RelayFacts, where: str) -> Diagnosis:
    """Nothing here keeps mail from leaving; without pipelining it takes its time."""
    offered = [name.upper() for name in sorted(facts.extensions) if name != "auth"]
    told = f"{where} offers {', '.join(offered) or 'nothing beyond plain SMTP'}"
    size = facts.extensions.get("size", "")
    if size.isdigit() and int(size):
        told += f", and takes messages up to {int(size):,} octets"
    missing = [f"without {name.upper()} {effect}" for name, effect in _WITHOUT.items()]
    missing = [
        text for name, text in zip(_WITHOUT, missing, strict=True) if name not in facts.extensions
    ]
    message = f"{told}; {'; '.join(missing)}." if missing else f"{told}."
    if "pipelining" not in facts.extensions:
        return warned(
            "offers", message, "Let it offer PIPELINING, or expect large lists to take longer."
        )
    return passed("offers", message)


def _examine_login(relay: Relay, facts: RelayFacts, where: str) -> Diagnosis:
    if not relay.username:
        return skipped("login", "No user is configured.")
    if facts.stage is Stage.LOGIN:
        return failed(
            "login",
            f"{where} does not let us in: {facts.problem}.",
            "Correct user and password in [smtp] url.",
        )
    return passed("login", f"{where} lets us in.")
