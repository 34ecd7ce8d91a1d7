"""Who may speak for a domain: DKIM, SPF, DMARC, and the questions to the DNS."""

from mailer.authentication.dkim import Signer, relax_lines
from mailer.authentication.keys import (
    GOOD_BITS,
    MAX_BITS,
    KeyType,
    PrivateKey,
    SigningKey,
    make_key,
)
from mailer.authentication.lookup import Dns
from mailer.authentication.records import (
    DmarcRecord,
    DmarcWalk,
    find_dmarc,
    find_key_problem,
    is_testing,
    parse_tags,
)
from mailer.authentication.resolver import DnsSilence, Resolver
from mailer.authentication.signers import Signers, sign_envelope
from mailer.authentication.spf import MAX_LOOKUPS, MAX_VOIDS, SpfRecord, parse_spf, survey
from mailer.authentication.spfcheck import SpfResult, check_spf

__all__ = [
    "GOOD_BITS",
    "MAX_BITS",
    "MAX_LOOKUPS",
    "MAX_VOIDS",
    "DmarcRecord",
    "DmarcWalk",
    "Dns",
    "DnsSilence",
    "KeyType",
    "PrivateKey",
    "Resolver",
    "Signer",
    "Signers",
    "SigningKey",
    "SpfRecord",
    "SpfResult",
    "check_spf",
    "find_dmarc",
    "find_key_problem",
    "is_testing",
    "make_key",
    "parse_spf",
    "parse_tags",
    "relax_lines",
    "sign_envelope",
    "survey",
]
