"""Owns what the configuration means to each part: its keys, as the settings that the part takes.

Each part's are imported where they are made: a command loads those that it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from newsletter.config import Config

if TYPE_CHECKING:
    from feeds.notes import Habits
    from mailer.inbound.webhooks import Keys
    from mailer.policy import RetryPolicy
    from newsletter.authoring import Limits
    from newsletter.inbound import SoftLimits
    from newsletter.mailing import WayBack
    from newsletter.subscribing import OwnLetters, SignUpPolicy
    from storage.ledger import Gates
    from storage.notes import Which


def soft_limits(config: Config) -> SoftLimits:
    """When soft bounces wear an address out."""
    from newsletter.inbound import SoftLimits

    bounces = config.bounces
    return SoftLimits(count=bounces.soft_count, span=bounces.soft_span, clean=bounces.soft_reset)


def greetings(config: Config) -> tuple[str, ...]:
    """How the relays are greeted, where that is told."""
    from mailer.smtp import Relay

    return tuple(relay.ehlo for relay in config.relays if isinstance(relay, Relay))


def way_back(config: Config) -> WayBack:
    """How what comes back of a mail finds its way."""
    from newsletter.mailing import WayBack

    return WayBack(
        bounce_address=config.bounces.address,
        is_read=config.takes_mail,
        postmark=bool(config.webhooks.postmark),
        sendgrid=bool(config.webhooks.sendgrid),
    )


def complaint_check(config: Config) -> Callable[[bytes], bool] | None:
    """Who may complain by mail; None when anybody may who returns a key of ours."""
    enrolled = config.bounces.complaints_from
    if not enrolled:
        return None
    from mailer.authentication import Dns
    from mailer.inbound.complaints import ComplaintCheck

    return ComplaintCheck(enrolled, Dns()).is_genuine


def webhook_keys(config: Config) -> Keys:
    """What proves the services that tell by HTTP."""
    from mailer.inbound import fetch_document
    from mailer.inbound.webhooks import Keys
    from newsletter.inbound import Certificates

    hooks = config.webhooks
    return Keys(
        ses=hooks.ses,
        postmark=hooks.postmark,
        mailgun=hooks.mailgun,
        sendgrid=hooks.sendgrid,
        certificate=Certificates(fetch_document),
    )


def signup_policy(config: Config) -> SignUpPolicy:
    """How many sign-ups are taken, and what is asked of an address."""
    from newsletter.subscribing import SignUpLimits, SignUpPolicy

    limits = config.subscribers
    return SignUpPolicy(
        limits=SignUpLimits(
            per_address=limits.limit_address,
            per_origin=limits.limit_ip,
            per_domain=limits.limit_domain,
            in_total=limits.limit_total,
        ),
        check_dns=config.check_dns,
        confirm_within=limits.confirm_within,
        allow_test_domains=config.has_outbox,  # no mail leaves the machine
        own=frozenset(filter(None, [config.bounces.address.lower()])),
        refuse_domains=limits.refuse_domains,
    )


def own_letters(config: Config) -> OwnLetters:
    """Which letters the author has written."""
    from newsletter.subscribing import OwnLetters

    wished = config.subscribers
    return OwnLetters(welcome=wished.welcome is not None, goodbye=wished.goodbye is not None)


def gates(config: Config) -> Gates:
    """What bounds an issue's mail in the beginning."""
    from mailer.policy import Cohort, WarmUp
    from storage.ledger import Gates

    dispatch = config.dispatch
    warmup = WarmUp(first=dispatch.warmup, timezone=config.newsletter.timezone)
    cohort = Cohort(
        size=dispatch.cohort, wait=dispatch.cohort_wait, refusals=dispatch.cohort_refusals
    )
    return Gates(
        warmup=warmup if dispatch.warmup else None, cohort=cohort if dispatch.cohort else None
    )


def limits(config: Config) -> Limits:
    """What bounds the speed of sending."""
    from mailer.smtp import Outbox
    from newsletter.authoring import Limits

    dispatch = config.dispatch
    relays = [one.relay if isinstance(one, Outbox) else one for one in config.relays]
    rates = [relay.rate for relay in relays]
    return Limits(
        rate=sum(rates) if all(rates) else 0.0,
        hold=config.schedule.hold,
        cohort=dispatch.cohort,
        cohort_wait=dispatch.cohort_wait,
    )


def retry_policy(config: Config) -> RetryPolicy:
    """How long to be patient with a relay, and what to do when in doubt."""
    from mailer.policy import RetryPolicy
    from newsletter.config import Doubt

    return RetryPolicy(
        retry=config.dispatch.retry,
        expire=config.dispatch.expire,
        resend=config.dispatch.doubt is Doubt.RESEND,
    )


def which_notes(config: Config) -> Which:
    """Which files of the folder are notes."""
    from storage.notes import Which

    notes = config.notes
    return Which(suffixes=notes.suffixes, include=notes.include, exclude=notes.exclude)


def habits(config: Config) -> Habits:
    """What the keys and names of the notes mean."""
    from feeds.notes import Habits

    notes = config.notes
    return Habits(
        date_keys=(notes.publish_key,) if notes.publish_key else notes.date_keys,
        date_from_name=notes.date_from_name,
        publish_all=notes.publish_all,
        inline_tags=notes.inline_tags,
        line_breaks=notes.line_breaks,
        languages=notes.languages,
        day_time=config.schedule.time,
    )
