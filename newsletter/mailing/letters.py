"""From a claim to the message that is sent for it: which skeleton, filled with whose links.

Skeletons are compiled once, in a thread, and kept while an issue is being sent; filling only puts in what
is personal. So a database that does not answer holds up nothing that is compiled already. An edit of the
note during a send reaches the readers who come after it. Signing is done in a few threads: an RSA signature
takes longer than everything else about a message together.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from mailer.address import ascii_address, parse_mailbox
from mailer.authentication import Signer, Signers
from mailer.compose import (
    Pictures,
    Recipient,
    Skeleton,
    build_mailto,
    compile_change,
    compile_confirmation,
    compile_digest,
    compile_issue,
    compile_moved,
    compile_notice,
    compile_own,
    draw_formulas,
)
from mailer.envelope import Envelope
from mailer.inbound.webhooks import METADATA
from newsletter.cores import count_cores
from newsletter.tokens import Tokens
from storage.archive import Issues
from storage.model import Claim, DeliveryKind, Identity, Issue, MessageError

_KEPT: Final = 64
"""Skeletons kept: of the few issues that are in flight at once, in the languages of their readers, and
of the editions of a digest, whose readers follow each other.
"""
_TICK_S: Final = 0.1
"""How old a time may be that is written into a copy; a Date has whole seconds."""
_CONFIRMING: Final = frozenset({DeliveryKind.CONFIRMATION, DeliveryKind.CHANGE})
"""What asks its reader to follow a link once."""
_OF_ONE: Final = _CONFIRMING | {DeliveryKind.NOTICE, DeliveryKind.MOVED}
"""What is about one subscription, and no issue or word of the author's (rule A38)."""
_DIGEST: Final = DeliveryKind.DIGEST
_LETTERS: Final = frozenset({DeliveryKind.WELCOME, DeliveryKind.GOODBYE})
"""In the author's own words, which are read anew for each."""


Edition: TypeAlias = tuple[tuple[int, int], ...]
"""(id, revision) of the issues that a reader gets in a digest, the newest first."""
_Key: TypeAlias = tuple[DeliveryKind, int | None, int, str, Edition]
"""Kind, issue and its revision, the reader's language, and what is in a digest."""


def _no_edition(_digest_id: int, _subscriber_id: int) -> Edition:
    return ()


def _no_words(kind: DeliveryKind) -> Issue:
    raise MessageError(f"there is no {kind.value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """How what comes back of a mail finds its way, and names the mail."""

    bounce_address: str = ""
    """What return paths are made of; empty: the sender's address."""
    is_read: bool = False
    """Whether mail to it is read, so that readers may leave by mail, too (rule C11)."""
    postmark: bool = False
    """Whether Postmark tells of mail: it replaces return path and Message-ID, and needs a field of its own."""
    sendgrid: bool = False
    """Whether SendGrid does, whose events do not always name a mail; it needs a field of its own, too."""


_NO_WAY_BACK: Final = WayBack()


class Letters:
    """Fills the messages of one newsletter. Used by one worker's event loop."""

    def __init__(
        self,
        *,
        archive: Issues,
        identity: Identity,
        tokens: Tokens,
        clock: Callable[[], datetime],
        signer: Signer | None = None,
        way_back: WayBack = _NO_WAY_BACK,
        formulas: Pictures = draw_formulas,
        editions: Callable[[int, int], Edition] = _no_edition,
        own_words: Callable[[DeliveryKind], Issue] = _no_words,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._archive = archive
        self._identity = identity
        self._tokens = tokens
        self._clock = clock
        self._monotonic = monotonic
        self._moment, self._read_at = clock(), -math.inf
        sender = parse_mailbox(identity.sender, allow_test_domains=True).address
        self._bounce_address = way_back.bounce_address or sender.ascii
        self._way_back = way_back
        self._formulas = formulas
        self._editions = editions
        self._own_words = own_words
        self._skeletons: OrderedDict[_Key, Skeleton] = OrderedDict()
        self._compiling: dict[_Key, asyncio.Task[Skeleton]] = {}
        self._signers = Signers(signer, threads=count_cores()) if signer is not None else None

    def fill(self, claim: Claim) -> Envelope | Awaitable[Envelope]:
        """The envelope for a claim; later, if it is the first of its kind or is signed. Each try is
        signed anew.

        Raises NewsletterError when no message can be made of it.
        """
        if claim.kind is _DIGEST:
            return self._fill_digest(claim)
        key = _key(claim)
        if (skeleton := self._skeletons.get(key)) is None:
            return self._compile_and_fill(claim, key)
        return self._fill(claim, skeleton)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Within it messages are made; what was started for that ends with it."""
        try:
            yield
        finally:
            if self._signers is not None:
                self._signers.rest()

    async def _fill_digest(self, claim: Claim) -> Envelope:
        """What is in it differs from reader to reader; that is asked for each."""
        digest_id = claim.issue_id or 0
        edition = await asyncio.to_thread(self._editions, digest_id, claim.subscriber_id)
        return await self._compile_and_fill(claim, _key(claim, edition))

    async def _compile_and_fill(self, claim: Claim, key: _Key) -> Envelope:
        skeleton = self._skeletons.get(key) or await self._compiled(key)
        made = self._fill(claim, skeleton)
        return made if isinstance(made, Envelope) else await made

    def _fill(self, claim: Claim, skeleton: Skeleton) -> Envelope | Awaitable[Envelope]:
        recipient = self._recipient(claim)
        envelope = skeleton.fill(recipient, relax=self._signers is not None)
        if self._way_back.postmark:
            envelope = with_postmark_field(envelope)
        if self._way_back.sendgrid:
            envelope = with_sendgrid_field(envelope)
        if self._signers is None:
            return envelope
        return self._signers.sign(envelope, recipient.date)

    async def _compiled(self, key: _Key) -> Skeleton:
        """The skeleton, compiled once however many connections ask for it at the same time."""
        if (task := self._compiling.get(key)) is None:
            task = asyncio.create_task(asyncio.to_thread(self._compile, key))
            self._compiling[key] = task
            task.add_done_callback(lambda done: self._keep(key, done))
        return await asyncio.shield(
            task
        )  # one that gives up waiting must not take it from the others

    def _keep(self, key: _Key, done: asyncio.Task[Skeleton]) -> None:
        del self._compiling[key]
        if done.cancelled() or done.exception() is not None:
            return  # whoever waits is told, and the next one tries again
        if key[0] in _LETTERS:
            return
        self._skeletons[key] = done.result()
        if len(self._skeletons) > _KEPT:
            self._skeletons.popitem(last=False)

    def _compile(self, key: _Key) -> Skeleton:
        kind, issue_id, _, language, edition = key
        identity, pictures = self._speaking(language), self._formulas
        if kind in _OF_ONE and identity.letters_sender:
            identity = replace(identity, sender=identity.letters_sender)
        match kind:
            case DeliveryKind.CONFIRMATION:
                return compile_confirmation(identity)
            case DeliveryKind.NOTICE:
                return compile_notice(identity)
            case DeliveryKind.CHANGE:
                return compile_change(identity)
            case DeliveryKind.MOVED:
                return compile_moved(identity)
            case DeliveryKind.WELCOME | DeliveryKind.GOODBYE:
                letter = self._spoken(self._own_words(kind), identity)
                leaving = kind is DeliveryKind.GOODBYE
                return compile_own(letter, identity, leaving=leaving, pictures=pictures)
            case DeliveryKind.DIGEST:
                issues = [self._issue(one, identity) for one, _ in edition]
                digest = self._archive.get(issue_id or 0)
                return compile_digest(digest, issues, identity, pictures=pictures)
            case DeliveryKind.ISSUE:
                assert issue_id is not None  # noqa: S101 - an issue's delivery has an issue
                return compile_issue(self._issue(issue_id, identity), identity, pictures=pictures)

    def _speaking(self, language: str) -> Identity:
        """The newsletter in a reader's language."""
        return replace(self._identity, language=language) if language else self._identity

    def _issue(self, issue_id: int, identity: Identity) -> Issue:
        return self._spoken(self._archive.get(issue_id), identity)

    def _spoken(self, issue: Issue, identity: Identity) -> Issue:
        """With its own language told, where the words around it are in another one."""
        ours = self._identity.language
        if issue.language or identity.language == ours:
            return issue
        return replace(issue, language=ours)

    def _recipient(self, claim: Claim) -> Recipient:
        tokens, now = self._tokens, self._now()
        confirms = claim.kind in _CONFIRMING
        return Recipient(
            address=claim.address,
            ascii=ascii_address(claim.address),
            name=claim.name,
            message_token=tokens.message(
                kind=claim.kind,
                issue_id=claim.issue_id,
                subscriber_id=claim.subscriber_id,
                delivery_id=claim.delivery_id,
            ),
            return_path=tokens.return_path(
                claim.issue_id, claim.subscriber_id, self._bounce_address
            ),
            unsubscribe_token=tokens.unsubscribe(claim.subscriber_id),
            preferences_token=tokens.preferences(claim.subscriber_id),
            confirm_token=tokens.confirm(claim.subscriber_id, claim.nonce, now) if confirms else "",
            unsubscribe_mailto=self._mailto(claim.subscriber_id) if self._way_back.is_read else "",
            date=now,
        )

    def _now(self) -> datetime:
        """When a copy is made, as far as its Date tells: reading a clock takes as long as making a token."""
        tick = self._monotonic()
        if tick >= self._read_at + _TICK_S:
            self._moment, self._read_at = self._clock(), tick
        return self._moment

    def _mailto(self, subscriber_id: int) -> str:
        return build_mailto(self._tokens.leave_key(subscriber_id), self._bounce_address)


def _key(claim: Claim, edition: Edition = ()) -> _Key:
    return (claim.kind, claim.issue_id, claim.issue_revision, claim.language, edition)


def with_sendgrid_field(envelope: Envelope) -> Envelope:
    """The same with a field that SendGrid takes off; its events then have the return path's local part.

    They do not always have a Message-ID or an id of their own.
    """
    arguments = {"unique_args": {METADATA: f"{envelope.sender.rpartition('@')[0]}@"}}
    field = f"X-SMTPAPI: {json.dumps(arguments)}\r\n".encode("ascii")
    return replace(envelope, content=field + envelope.content)


def with_postmark_field(envelope: Envelope) -> Envelope:
    """The same with a field that Postmark takes off and gives back when it tells of this mail.

    It may hold 80 characters: the return path without its domain, which says nothing.
    """
    local = envelope.sender.rpartition("@")[0]
    field = f"X-PM-Metadata-{METADATA}: {local}@\r\n".encode("ascii")
    return replace(envelope, content=field + envelope.content)
