"""What the author changes from the desk: each is a verb of the newsletter, and a line in the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from newsletter import Newsletter
from storage.model import (
    Added,
    Log,
    NewsletterError,
    NotATime,
    NotFound,
    Subscriber,
    count,
    read_tags,
    tag_key,
)
from web.desk.paper import spell_moment

_log = Log()

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a wish."""

    words: str
    back: str
    """The page to go back to, below the desk."""
    is_done: bool = True


class Acts:
    """The changes, by name."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._newsletter = newsletter
        self._acts: dict[str, Callable[[Fields], Done]] = {
            "schedule": self._schedule,
            "unschedule": self._unschedule,
            "queue": self._queue,
            "unqueue": self._unqueue,
            "test": self._test,
            "pause": self._pause,
            "resume": self._resume,
            "cancel": self._cancel,
            "mail": self._mail,
            "add": self._add,
            "tags": self._tags,
            "unsubscribe": self._unsubscribe,
            "lift": self._lift,
            "drop": self._drop,
        }

    def do(self, name: str, fields: Fields) -> Done | None:
        """Does it, or says why not; None for a name that is none."""
        act = self._acts.get(name)
        if act is None:
            return None
        try:
            done = act(fields)
        except NewsletterError as error:
            self.audit(name, refused=type(error).__name__)
            return Done(words=str(error), back=_page(name, fields), is_done=False)
        self.audit(name)
        return done

    def audit(self, name: str, **more: str) -> None:
        """One line for each change, without any address: which, and whether it was refused."""
        _log.info("desk.act", act=name, **more)

    # ── notes ────────────────────────────────────────────────────────────────────────────────

    def _schedule(self, fields: Fields) -> Done:
        note, at = fields.get("note", ""), fields.get("at", "").strip()
        if (
            not at
        ):  # a browser takes a blank for an answer, and nobody means "to everybody, now" by it
            raise NotATime("Say when it is to go out, as `tomorrow 9:00`; or `now`")
        done = self._newsletter.schedule(note, at)
        remark = f" {done.remark}" if done.remark else ""
        when = self._moment(done.schedule.publish_at)
        said = "at the next look" if at == "now" else when
        return Done(words=f"{note} goes out {said}.{remark}", back=_page("schedule", fields))

    def _unschedule(self, fields: Fields) -> Done:
        self._newsletter.unschedule(fields.get("note", ""))
        return Done(words=f"{fields['note']} is no longer scheduled.", back=_page("note", fields))

    def _queue(self, fields: Fields) -> Done:
        done = self._newsletter.queue(fields.get("note", ""))
        when = self._moment(done.schedule.publish_at)
        return Done(words=f"{fields['note']} goes out {when}.", back=_page("note", fields))

    def _moment(self, at: datetime) -> str:
        """When, as the pages say it."""
        return " ".join(spell_moment(at, ZoneInfo(self._newsletter.identity.timezone)))

    def _unqueue(self, fields: Fields) -> Done:
        self._newsletter.unqueue(fields.get("note", ""))
        return Done(words=f"The slot of {fields['note']} is free.", back=_page("note", fields))

    def _test(self, fields: Fields) -> Done:
        note = fields.get("note", "")
        copy = self._newsletter.test(note, fields.get("to", "").strip())
        said = "accepted" if copy.accepted else "refused"
        words = f"{copy.relay} {said} the test copy: {copy.code} {copy.reply}".rstrip()
        return Done(words=words, back=_page("test", fields), is_done=copy.accepted)

    # ── issues ───────────────────────────────────────────────────────────────────────────────

    def _pause(self, fields: Fields) -> Done:
        issue = self._newsletter.pause(fields.get("issue", ""))
        return Done(words=f"The mail of {issue.slug} is paused.", back=_page("pause", fields))

    def _resume(self, fields: Fields) -> Done:
        issue = self._newsletter.resume(fields.get("issue", ""))
        return Done(words=f"The mail of {issue.slug} goes on.", back=_page("resume", fields))

    def _cancel(self, fields: Fields) -> Done:
        slug = fields.get("issue", "")
        spared = self._newsletter.cancel(slug)
        words = f"The mail of {slug} is cancelled; {count(spared, 'reader')} will not get it."
        return Done(words=words, back=_page("cancel", fields))

    def _mail(self, fields: Fields) -> Done:
        slug = fields.get("issue", "")
        queued = self._newsletter.mail(slug).total
        return Done(
            words=f"{slug} is queued for {count(queued, 'reader')}.", back=_page("mail", fields)
        )

    # ── readers ──────────────────────────────────────────────────────────────────────────────

    def _add(self, fields: Fields) -> Done:
        tags = [tag for tag in fields.get("tags", "").split(",") if tag.strip()]
        added = self._newsletter.subscriptions.add(
            fields.get("email", ""),
            name=fields.get("name", ""),
            tags=tags,
            consent=fields.get("consent", ""),
        )
        if added is Added.SUPPRESSED:
            words = "This address is never mailed; see Returned."
            return Done(words=words, back="/readers", is_done=False)
        reader = self._newsletter.subscriptions.find(fields.get("email", ""))
        known = "was known already; nothing was changed" if added is Added.EXISTS else "is a reader"
        return Done(words=f"{reader.address} {known}.", back=f"/readers/{reader.id}")

    def _tags(self, fields: Fields) -> Done:
        """The tags are those that were written, and no others; their case does not matter."""
        reader, wanted = self._reader(fields), read_tags(fields.get("tags", ""))
        kept = set(map(tag_key, wanted))
        gone = [tag for tag in reader.tags if tag_key(tag) not in kept]
        changed = self._newsletter.parts.roll.change_tags(reader.id, add=wanted, remove=gone)
        told = ", ".join(changed.tags)
        words = f"Tagged {told}." if told else "This reader has no tags."
        return Done(words=words, back=f"/readers/{reader.id}")

    def _unsubscribe(self, fields: Fields) -> Done:
        reader = self._reader(fields)
        changed = self._newsletter.subscriptions.unsubscribe_address(reader.address, "desk")
        words = "This reader gets no more mail." if changed else "This reader had left already."
        return Done(words=words, back=f"/readers/{reader.id}")

    def _lift(self, fields: Fields) -> Done:
        lifted = self._newsletter.subscriptions.lift(fields.get("address", ""))
        words = "The address may be mailed again." if lifted else "It was not suppressed."
        return Done(words=words, back="/returned")

    def _drop(self, fields: Fields) -> Done:
        number = fields.get("number", "")
        dropped = self._newsletter.reports.drop([int(number)]) if number.isdecimal() else 0
        return Done(words=f"{dropped} dropped.", back="/returned")

    def _reader(self, fields: Fields) -> Subscriber:
        number = fields.get("reader", "")
        found = self._newsletter.subscribers.get(int(number)) if number.isdecimal() else None
        if found is None:
            raise NotFound("reader", number[:20])
        return found


def _page(name: str, fields: Fields) -> str:
    """Where the form of an act stands."""
    if name in {"pause", "resume", "cancel", "mail"}:
        return f"/issues/{quote(fields.get('issue', ''), safe='')}"
    if name in {"add", "unsubscribe"}:
        return "/readers"
    if name in {"lift", "drop"}:
        return "/returned"
    return f"/note?note={quote(fields.get('note', ''))}"
