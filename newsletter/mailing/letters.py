"""From a claim to the message that is sent for it: which skeleton, filled with whose links.

Skeletons are compiled once, in a thread, and kept while an issue is being sent; filling only puts in what
is personal. So a database that does not answer holds up nothing that is compiled already. An edit of the
note during a send reaches the readers who come after it. Signing is done in a few threads: an RSA signature
takes longer than everything else about a message together.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeAlias

from mailer.address import ascii_address, parse_mailbox
from mailer.authentication import Signer, Signers
from mailer.compose import (
    Pictures,
    Recipient,
    Skeleton,
    build_mailto,
    compile_confirmation,
    compile_issue,
    compile_notice,
    draw_formulas,
)
from mailer.envelope import Envelope
from mailer.inbound.webhooks import METADATA
from newsletter.tokens import Tokens
from storage.archive import Issues
from storage.model import Claim, DeliveryKind, Identity

_KEPT: Final = 8
"""Skeletons kept: more issues than that are rarely in flight at once."""


_Key: TypeAlias = tuple[DeliveryKind, int | None, int]
"""Kind, issue and its revision."""


class Letters:
    """Fills the messages of one newsletter. Used by one worker's event loop.

    `bounce_address` is what return paths are made of, the sender's without it; `by_mail` says that
    mail to it is read, so that readers may leave by mail, too (rule C11). `postmark` says that
    Postmark tells of mail: it replaces return path and Message-ID, and needs a field of its own.
    """

    def __init__(
        self,
        *,
        archive: Issues,
        identity: Identity,
        tokens: Tokens,
        clock: Callable[[], datetime],
        signer: Signer | None = None,
        bounce_address: str = "",
        by_mail: bool = False,
        postmark: bool = False,
        sendgrid: bool = False,
        formulas: Pictures = draw_formulas,
    ) -> None:
        self._archive = archive
        self._identity = identity
        self._tokens = tokens
        self._clock = clock
        sender = parse_mailbox(identity.sender, allow_test_domains=True).address.ascii
        self._bounce_address = bounce_address or sender
        self._by_mail = by_mail
        self._postmark = postmark
        self._sendgrid = sendgrid
        self._formulas = formulas
        self._domain = sender.rpartition("@")[2]
        self._skeletons: OrderedDict[_Key, Skeleton] = OrderedDict()
        self._compiling: dict[_Key, asyncio.Task[Skeleton]] = {}
        self._signers = Signers(signer) if signer is not None else None

    def fill(self, claim: Claim) -> Envelope | Awaitable[Envelope]:
        """The envelope for a claim; later, if it is the first of its kind or is signed. Each try is
        signed anew.

        Raises NewsletterError when no message can be made of it.
        """
        if (skeleton := self._skeletons.get(_key(claim))) is None:
            return self._compile_and_fill(claim)
        return self._fill(claim, skeleton)

    async def _compile_and_fill(self, claim: Claim) -> Envelope:
        made = self._fill(claim, await self._compiled(claim))
        return made if isinstance(made, Envelope) else await made

    def _fill(self, claim: Claim, skeleton: Skeleton) -> Envelope | Awaitable[Envelope]:
        recipient = self._recipient(claim)
        envelope = skeleton.fill(recipient, relax=self._signers is not None)
        if self._postmark:
            envelope = with_postmark_field(envelope)
        if self._sendgrid:
            envelope = with_sendgrid_field(envelope)
        if self._signers is None:
            return envelope
        return self._signers.sign(envelope, recipient.date)

    async def _compiled(self, claim: Claim) -> Skeleton:
        """The skeleton, compiled once however many connections ask for it at the same time."""
        key = _key(claim)
        if (task := self._compiling.get(key)) is None:
            task = asyncio.create_task(asyncio.to_thread(self._compile, claim))
            self._compiling[key] = task
            task.add_done_callback(lambda done: self._keep(key, done))
        return await asyncio.shield(task)  # who gives up waiting must not take it from the others

    def _keep(self, key: _Key, done: asyncio.Task[Skeleton]) -> None:
        del self._compiling[key]
        if done.cancelled() or done.exception() is not None:
            return  # whoever waits is told, and the next one tries again
        self._skeletons[key] = done.result()
        if len(self._skeletons) > _KEPT:
            self._skeletons.popitem(last=False)

    def _compile(self, claim: Claim) -> Skeleton:
        match claim.kind:
            case DeliveryKind.CONFIRMATION:
                return compile_confirmation(self._identity)
            case DeliveryKind.NOTICE:
                return compile_notice(self._identity)
            case DeliveryKind.ISSUE:
                assert claim.issue_id is not None  # noqa: S101 - an issue's delivery has an issue
                issue = self._archive.get(claim.issue_id)
                return compile_issue(issue, self._identity, pictures=self._formulas)

    def _recipient(self, claim: Claim) -> Recipient:
        tokens, url, now = self._tokens, self._identity.url, self._clock()
        confirm_url = ""
        if claim.kind is DeliveryKind.CONFIRMATION:
            token = tokens.confirm(claim.subscriber_id, claim.nonce, now)
            confirm_url = f"{url}/confirm/{token}"
        return Recipient(
            address=claim.address,
            ascii=ascii_address(claim.address),
            name=claim.name,
            message_id=tokens.message_id(
                kind=claim.kind,
                issue_id=claim.issue_id,
                subscriber_id=claim.subscriber_id,
                delivery_id=claim.delivery_id,
                domain=self._domain,
            ),
            return_path=tokens.return_path(
                claim.issue_id, claim.subscriber_id, self._bounce_address
            ),
            unsubscribe_url=f"{url}/unsubscribe/{tokens.unsubscribe(claim.subscriber_id)}",
            preferences_url=f"{url}/preferences/{tokens.preferences(claim.subscriber_id)}",
            confirm_url=confirm_url,
            unsubscribe_mailto=self._mailto(claim.subscriber_id) if self._by_mail else "",
            date=now,
        )

    def _mailto(self, subscriber_id: int) -> str:
        return build_mailto(self._tokens.leave_key(subscriber_id), self._bounce_address)


def _key(claim: Claim) -> _Key:
    return (claim.kind, claim.issue_id, claim.issue_revision)


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
