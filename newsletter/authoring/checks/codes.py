"""Every code of a finding: how bad it is, and what it is about. docs/checks.md has the same table. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from newsletter.authoring.findings import Gravity

_E: Final = Gravity.ERROR
_W: Final = Gravity.WARNING

CODES: Final[MappingProxyType[str, tuple[Gravity, str]]] = MappingProxyType(
    {
        "unusable": (_E, "the note, or `about.md`, cannot be read"),
        "template": (
            _E,
            "a generator's language that is not known: it is left out, and the mail of a new issue is held",
        ),
        "no-text": (_E, "nothing to read, or pictures only"),
        "dead-link": (_E, "a relative link to nothing that is served"),
        "bad-link": (_E, "a link that is neither `http:`, `https:` nor `mailto:`"),
        "missing-picture": (
            _E,
            "a picture, of the text or named by `image`, that is not in the notes folder or a static folder",
        ),
        "bad-picture": (_E, "a picture of a kind, or at a place, that cannot be shown"),
        "too-large": (_E, "the mail is larger than many relays take"),
        "clipped": (_E, "the HTML passes Gmail's 102 kB and would be mailed shortened"),
        "no-unsubscribe": (
            _E,
            "the finished mail has no way to leave; this cannot happen, and is looked at",
        ),
        "feed-held": (_E, "entries of `[notes] feed` that cannot be believed, and wait for you"),
        "link-gone": (_E, "with `--online`: what is linked to answers 404 or 410"),
        "missing-file": (
            _E,
            "a sound, a film or a document that is not in the notes folder or a static folder",
        ),
        "feed-fails": (_W, "`[notes] feed` cannot be had, or said that it is gone"),
        "large": (_W, "more than 90 kB of HTML"),
        "no-title": (_W, "the file's name would be the subject"),
        "long-subject": (_W, "a subject of more than 100 characters"),
        "shouting": (_W, "a subject all in capitals"),
        "loud-subject": (_W, "several ! or ? in the subject"),
        "spam-words": (_W, "words in the subject that filters know from spam"),
        "fake-reply": (_W, "a subject that begins like an answer, with `Re:` or `Fwd:`"),
        "many-emoji": (_W, "more than two pictograms in the subject"),
        "unseen": (_W, "characters in the subject that nobody sees"),
        "no-summary": (_W, "a text of a hundred words or more without a `summary`"),
        "long-summary": (_W, "a summary of more than 300 characters"),
        "same-summary": (_W, "a summary that only repeats the title"),
        "no-alt": (_W, "a picture without alternative text"),
        "alt-file": (_W, "an alternative text that is a file's name"),
        "long-alt": (_W, "an alternative text of more than 250 characters"),
        "no-width": (_W, "a picture whose width neither you nor its file tell"),
        "large-picture": (_W, "a picture of more than 1 MB"),
        "place": (_W, "a picture that says where it was taken"),
        "heavy": (_W, "pictures of more than 5 MB together"),
        "few-words": (
            _W,
            "several pictures and fewer than five words to each, which filters take for spam",
        ),
        "insecure-picture": (_W, "a picture over `http://`; the mail has a link in its place"),
        "picture-type": (
            _W,
            "a picture from elsewhere as WebP or AVIF, which some mail programs do not show, or as SVG, instead of which the mail has a link (those of the notes folder are drawn for mail)",
        ),
        "embed": (_W, "`![[Note]]` of a note that is not published, of itself, or of one too many"),
        "wiki-link": (
            _W,
            "`[[Note]]` that is not published or not there; readers see the words only",
        ),
        "unpublished-link": (
            _W,
            "a link to a note that is not published; readers see the words only",
        ),
        "local-link": (_W, "a link to a place within the note, where mail programs do not go"),
        "link-text": (_W, "a link that says `here`, `read more` or the like, in ten languages"),
        "empty-link": (_W, "a link without words"),
        "long-url": (_W, "a link that shows a whole address of more than 60 characters"),
        "misleading-link": (_W, "a link whose words are an address of another host"),
        "insecure-link": (_W, "a link over `http://`"),
        "short-link": (_W, "a link through a shortener, which many filters refuse"),
        "ip-link": (_W, "a link to a number instead of a name"),
        "local-address": (_W, "a link into your own network, or to your own machine"),
        "tracking-link": (
            _W,
            "a link with `utm_…`, `fbclid` and their like (`--fix` takes them off)",
        ),
        "bad-mailto": (_W, "a `mailto:` that holds no mail address"),
        "many-links": (_W, "more than 100 links"),
        "link-moved": (
            _W,
            "with `--online`: what is linked to has moved for good (`--fix` writes where)",
        ),
        "link-fails": (_W, "with `--online`: what is linked to does not answer, or answers 5xx"),
        "contrast": (_W, "a colour of your own that cannot be read on its background"),
        "dark-contrast": (_W, "a colour of your own that cannot be read in dark mode"),
        "skipped-heading": (_W, "a heading two levels below the one before it"),
        "empty-heading": (_W, "a heading without words"),
        "same-heading": (_W, "a heading that stands there more than once"),
        "lost-cells": (_W, "a row of a table with more cells than its head, which nobody sees"),
        "wide-table": (_W, "a table of more than six columns"),
        "wide-code": (_W, "code with lines of more than 100 characters"),
        "long-word": (_W, "a word of more than 60 letters, wider than a phone"),
        "open-fence": (_W, "a block of code that is never ended"),
        "no-footnote": (_W, "a footnote that has no text"),
        "idle-footnote": (_W, "a footnote that nothing refers to"),
        "footnote-twice": (_W, "a footnote with more than one text, of which readers see the last"),
        "merge-field": (
            _W,
            "something in double braces that is no merge field, or a field where none is filled in; a name without a default",
        ),
        "audience": (_W, "an `audience` in which nobody is who reads"),
        "late": (_W, "its time is past by more than `[schedule] grace`: published, and not mailed"),
        "expired": (_W, "its `expiryDate` is past, so it is not published"),
        "never": (_W, "it expires before it begins"),
        "same-title": (_W, "an issue with the same title"),
        "slug-taken": (_W, "a slug that another issue has"),
        "unknown-key": (
            _W,
            "a key that is nearly one of ours: `publsh` (`--fix` writes the one that is meant)",
        ),
        "no-time": (_W, "opted in, and no time to go out"),
        "key-value": (_W, "another system's key whose value cannot be read"),
        "kept": (
            _W,
            "something hides it, as its folder or a `status`, so that it is not published",
        ),
        "folder-program": (
            _W,
            "Eleventy's data of the note's folder, or of the note, as a program: it is not run, and may hide the note",
        ),
        "relative-time": (
            _W,
            "a publish time read from when the file was last written, which moves when it is saved (`--fix` writes the time)",
        ),
        "time": (
            _W,
            "a time that a clock change skips or repeats, or beside the name of a zone that means several",
        ),
        "todo": (_W, "TODO, FIXME or XXX outside code"),
        "maths": (_W, "a formula that is shown as TeX, and why"),
        "player": (
            _W,
            "a frame, a video, a sound or a model, which is a link for readers, or a drawing within the text (`<svg>`), of which only the title is shown",
        ),
        "form": (
            _W,
            "a form, a field or a button of one, or what only a script makes a link (`data-href`, `onclick`): readers see its text alone",
        ),
        "html": (_W, "more HTML than is read"),
    }
)
