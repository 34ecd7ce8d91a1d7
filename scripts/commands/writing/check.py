"""Before a note goes out: check it, and send a test copy of it. And what to do when many are missing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from scripts.commands.writing.reports import annotate, sarif
from scripts.console import Json, local, plain, print_json, progress_bar, remark, say, tell
from scripts.context import JsonOption, open_newsletter
from storage.model import stamp

if TYPE_CHECKING:
    from newsletter.app import Newsletter
    from newsletter.authoring import CheckedNote, Finding, Line
    from newsletter.publishing import Held


class Form(StrEnum):
    """How findings are told."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def check(
    context: typer.Context,
    notes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NOTE]...", help="Paths below the notes folder."),
    ] = None,
    survey: Annotated[
        bool,
        typer.Option("--all", help="Tell of the whole folder: what would become of it, and why."),
    ] = False,
    online: Annotated[
        bool, typer.Option("--online", help="Ask whether what is linked to elsewhere is there.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can be mended without loss; shows a diff.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --fix: show the diff and change nothing.")
    ] = False,
    form: Annotated[
        Form, typer.Option("--format", help="For people, programs, GitHub or code scanning.")
    ] = Form.TEXT,
    as_json: JsonOption = False,
) -> None:
    """Look for mistakes in notes before readers find them.

    Without a NOTE, in all that are to be published; with --all a first look at the whole folder, a line for each kind of thing that is in it. Changes nothing, but with --fix. The exit code is 1 when there are errors; warnings alone, and --all, leave it 0.

    Example: newsletter check launch.md
    """
    if survey:
        _survey(context, notes or [], as_json=as_json)
        return
    if dry_run and not fix:
        raise typer.BadParameter("--dry-run goes with --fix")
    form = Form.JSON if as_json else form
    with open_newsletter(context) as newsletter:
        with progress_bar("asking") if online else nullcontext(_silent) as update:
            checked = newsletter.check(*(notes or ()), online=online, progress=update)
        if fix and _fix(newsletter, checked, dry_run=dry_run):
            checked = newsletter.check(*(notes or ()))
        is_bare = not checked and form is Form.TEXT
        seen = newsletter.parts.survey.run(brief=True) if is_bare else []
        root = newsletter.config.notes.path
    match form:
        case Form.JSON:
            print_json([_document(one) for one in checked])
        case Form.GITHUB:
            for line in annotate(checked, root):
                say(line)
        case Form.SARIF:
            print_json(sarif(checked, root))
        case Form.TEXT:
            _tell(checked)
            tell_survey(seen, remark)
    if any(one.has_errors for one in checked):
        raise typer.Exit(1)


def _fix(newsletter: Newsletter, checked: list[CheckedNote], *, dry_run: bool) -> bool:
    """Mend, and show what was; whether anything was written."""
    mended = newsletter.parts.proofs.mend(checked)
    for one in mended:
        for line in one.diff.splitlines():
            say(plain(line))
        if not dry_run:
            one.write(newsletter.config.notes.path)
    if not mended:
        remark("nothing can be mended without you")
    return bool(mended) and not dry_run


def _silent(_done: int, _all: int | None) -> None:
    """Nobody waits."""


def _survey(context: typer.Context, notes: list[str], *, as_json: bool) -> None:
    if notes:
        raise typer.BadParameter("--all looks at every note; leave the NOTE out")
    with open_newsletter(context) as newsletter, progress_bar("looking") as update:
        lines = newsletter.parts.survey.run(progress=update)
    if as_json:
        print_json(
            [
                {
                    "kind": line.kind.value,
                    "reason": line.reason,
                    "count": line.count,
                    "examples": line.examples,
                }
                for line in lines
            ]
        )
    else:
        tell_survey(lines, say)


def tell_survey(lines: list[Line], tell: Callable[[str], None]) -> None:
    """A line for each kind of thing, with an example, or as many as are kept where each is a fault."""
    for line in lines:
        about = f": {line.reason}" if line.reason else ""
        example = f" (as {line.examples[0]})" if line.examples else ""
        if line.kind in _NAMED:
            tell(f"{line.count} {_words(line)}")
            for one in line.examples:
                tell(plain(f"  {one}"))
        else:
            tell(plain(f"{line.count} {_words(line)}{about}{example}"))
    if not {line.kind.value for line in lines} & _COMING and any(line.examples for line in lines):
        remark(
            "to publish one, write `publish: now` or a time into its front matter, or "
            "`newsletter schedule NOTE --now`"
        )


def _words(line: Line) -> str:
    one, many = _WORDS[line.kind]
    return one if line.count == 1 else many


_WORDS: Final = {
    "notes": ("note in the folder", "notes in the folder"),
    "published": ("published",) * 2,
    "would-be-mailed": ("would be published and mailed",) * 2,
    "would-be-published": ("would be published and not mailed",) * 2,
    "later": ("waits for its time", "wait for their time"),
    "kept-back": ("stays private", "stay private"),
    "unusable": ("cannot be used",) * 2,
    "not-read": (
        "file that may hide notes is not read; say in them what it hides (`draft: true`)",
        "files that may hide notes are not read; say in them what they hide (`draft: true`)",
    ),
    "missing-picture": ("picture missing", "pictures missing"),
    "dead-link": ("link that leads nowhere", "links that lead nowhere"),
    "missing-file": ("sound, film or document missing", "sounds, films and documents missing"),
    "embed": ("note within a note that is left out", "notes within notes that are left out"),
    "maths": ("formula that is shown as TeX", "formulas that are shown as TeX"),
    "player": (
        "frame, video or sound that is a link for readers",
        "frames, videos and sounds that are links for readers",
    ),
    "form": (
        "form, field or link of a script that does nothing for readers",
        "forms, fields and links of scripts that do nothing for readers",
    ),
    "template": ("of a generator's language, and not known",) * 2,
}
"""Of one of a kind, and of several."""
_COMING: Final = frozenset({"published", "would-be-mailed", "would-be-published", "later"})
"""Kinds of notes whose author knows how to publish one."""
_NAMED: Final = frozenset(
    {
        "unusable",
        "not-read",
        "missing-picture",
        "dead-link",
        "missing-file",
        "embed",
        "maths",
        "template",
    }
)


def _document(checked: CheckedNote) -> Json:
    return {
        "note": checked.note,
        "findings": [
            {
                "severity": finding.gravity.value,
                "code": finding.code,
                "message": finding.message,
                "line": finding.line,
                "fix": {"old": finding.fix.old, "new": finding.fix.new} if finding.fix else None,
            }
            for finding in checked.findings
        ],
    }


_COLOURS: Final = {"error:": "31", "warning:": "33"}


def _tell(checked: list[CheckedNote]) -> None:
    if not checked:
        remark("no note is to be published")
    for one in checked:
        for finding in one.findings:
            tell(plain(_line(one.note, finding)), _COLOURS)
        if not one.findings:
            say(f"{plain(one.note)}: nothing to complain of")


def _line(note: str, finding: Finding) -> str:
    """As compilers write it, so that editors find the place."""
    place = note if finding.line is None else f"{note}:{finding.line}"
    return f"{place}: {finding.gravity.value}: {finding.message} [{finding.code}]"


def send_test(
    context: typer.Context,
    note: Annotated[
        str, typer.Argument(metavar="NOTE", help="The note's path below the notes folder.")
    ],
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Who gets the copy.")],
    as_json: JsonOption = False,
) -> None:
    """Send one copy of a note, marked as a test.

    Through the real relay, signed like every mail, past the queue: no issue, no delivery and no reader comes of it. The exit code is 1 when the relay refuses it.

    Example: newsletter test launch.md --to ada@example.com
    """
    with open_newsletter(context) as newsletter:
        done = newsletter.test(note, to)
    if as_json:
        print_json(
            {
                "accepted": done.accepted,
                "relay": done.relay,
                "code": done.code,
                "reply": done.reply,
                "signed": done.signed,
            }
        )
    else:
        verdict = "accepted" if done.accepted else "did not accept"
        reply = " ".join(plain(str(part)) for part in (done.code, done.reply) if part)
        say(f"{done.relay} {verdict} the test copy: {reply}")
    if not done.accepted:
        raise typer.Exit(1)


def missing(
    context: typer.Context,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="It is meant: the next look withdraws them.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show published notes that vanished all at once.

    Nothing is concluded from that until they are back, or until you say that you took them away. Changes nothing without --withdraw.

    Example: newsletter missing
    """
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        held = newsletter.withdraw_missing() if withdraw else newsletter.missing()
    if as_json:
        print_json(held_json(held))
        return
    if held is None:
        say("no published notes are missing")
        return
    say(f"since {local(held.since, zone)}: {held.sentence}")
    for path in held.examples:
        say(plain(f"  {path}"))
    if held.going > len(held.examples):
        say(f"  and {held.going - len(held.examples)} more")
    if withdraw:
        say("the next look at the folder (`newsletter run` or `send`) withdraws them")


def held_json(held: Held | None) -> Json:
    """What is held, for JSON; None where nothing is."""
    if held is None:
        return None
    return {
        "since": stamp(held.since),
        "missing": held.going,
        "new": held.new,
        "examples": list(held.examples),
    }
