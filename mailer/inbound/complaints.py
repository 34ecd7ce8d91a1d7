"""Owns whether a complaint was signed by somebody who may complain (rule C10).

It is the signature's domain that counts, not From: a feedback loop is enrolled by that (Yahoo:
arf.mail.yahoo.com).
"""

from __future__ import annotations

from collections.abc import Collection

from mailer.authentication.verifier import Texts, verify_signatures


class ComplaintCheck:
    """Knows who may complain. Thread-safe if its resolver is."""

    def __init__(self, domains: Collection[str], resolver: Texts) -> None:
        self._domains = frozenset(domain.lower() for domain in domains)
        self._resolver = resolver

    def is_genuine(self, raw: bytes) -> bool:
        """Whether a valid signature of an enrolled domain covers the whole message.

        Never raises. A DNS that is silent counts against the message: it is kept, not believed.
        """
        signatures = verify_signatures(raw, self._resolver, wanted=self._domains.__contains__)
        return any(one.is_valid and not one.is_partial for one in signatures)
