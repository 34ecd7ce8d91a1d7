"""The verbs that stand before a newsletter that is open, or in its place: begin one, move in, make a key, restore."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from newsletter.config import load_config, parse_selector, render_template
from storage.model import Conflict, NewsletterError

if TYPE_CHECKING:
    from mailer.authentication import SigningKey
    from newsletter.importing import PostImport
    from newsletter.keeping import Progress, Restored

FIRST_NOTE: Final = """---
title: The first note
# Nothing leaves this folder unless you say so. To publish this note at the next poll, take the
# `#` away from the line below; or give a time: publish: 2026-12-01 09:00
# publish: now
---

Write here, in Markdown. Look at it first with

    newsletter preview first-note.md

and then publish it with the line above, or with

    newsletter schedule first-note.md --at "tomorrow 9:00"
"""
ABOUT: Final = """# About

Who you are, what you write about, and how often. This page is on the site at /about.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key for signing mail, and what is to be done with it."""

    file: Path
    key: SigningKey
    strings: tuple[str, ...]
    """Of the DNS record, which together are its value."""
    settings: str
    """The lines for the configuration."""

    def zone_line(self) -> str:
        """The record as a zone file has it (RFC 1035 5.1)."""
        strings = " ".join(f'"{string}"' for string in self.strings)
        return f"{self.key.record_name}. IN TXT ( {strings} )"


class Founding:
    """Each is called on the class: `Newsletter.init("my-newsletter")`."""

    @staticmethod
    def init(folder: str | Path = ".", *, notes: str | Path | None = None) -> Path:
        """Begin a newsletter in a folder: a configuration, a folder of notes and a secret; the configuration's place.

        Notes that are there stay as they are, and so does the folder `notes`, which takes the place of a new
        one. Raises Conflict where a configuration or a secret is there, NewsletterError where nothing can be
        written, or there is no such folder of notes.
        """
        from newsletter.secret import load_secret

        config, secret = Path(folder, "newsletter.toml"), Path(folder, "secret")
        for path in (config, secret):
            if path.exists():
                raise Conflict(f"{path} is there already; nothing was changed")
        if notes is not None and not Path(notes).is_dir():
            raise NewsletterError(f"there is no folder {notes}; nothing was changed")
        text = render_template(
            title="My Newsletter",
            url="http://127.0.0.1:8000",
            sender="My Newsletter <newsletter@example.com>",
            notes="notes" if notes is None else str(Path(notes).resolve()),
        )
        try:
            config.parent.mkdir(parents=True, exist_ok=True)
            if notes is None:
                _write_notes(config.parent / "notes")
            load_secret(secret)
            config.write_text(text, "utf-8")
        except OSError as error:
            raise NewsletterError(f"{error.filename} cannot be made: {error.strerror}") from error
        return config

    @staticmethod
    def import_posts(
        source: str | Path, to: str | Path, *, system: str | None = None, dry_run: bool = False
    ) -> PostImport:
        """Make a note in the folder `to` of each post that another system exported; mails nothing.

        `system` is one of newsletter/importing's SYSTEMS; without it the export tells. Raises PostsFileError.
        """
        from newsletter.importing import import_posts

        return import_posts(Path(source), Path(to), system=system, dry_run=dry_run)

    @staticmethod
    def new_key(
        selector: str,
        *,
        config: str | Path = "newsletter.toml",
        kind: str = "rsa",
        out: str | Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> NewKey:
        """Make a DKIM key, `rsa` or `ed25519`, in a file of its own that only its owner can read.

        Raises ValueError for a selector or kind that cannot be one, Conflict where the file is there, ConfigError.
        """
        from mailer.authentication import KeyType, SigningKey, make_key

        selector, made = parse_selector(selector), KeyType(kind)
        loaded = load_config(
            Path(config), os.environ if environ is None else environ, signing=False
        )
        folder = loaded.source.parent
        file = Path(out or folder / f"dkim-{selector}.pem").absolute()
        pem = make_key(made)
        _write_new(file, pem)
        key = SigningKey.load(pem, domain=loaded.signing_domain, selector=selector)
        shown = file.relative_to(folder) if file.is_relative_to(folder) else file
        lines = [
            "[dkim]",
            f"domain = {json.dumps(key.domain)}",
            f"selector = {json.dumps(selector)}",
            f"key = {json.dumps(str(shown), ensure_ascii=False)}",
        ]
        return NewKey(file=file, key=key, strings=key.record_strings(), settings="\n".join(lines))

    @staticmethod
    def restore(
        file: str | Path,
        *,
        config: str | Path = "newsletter.toml",
        exactly: bool = False,
        discard: bool = False,
        environ: Mapping[str, str] | None = None,
        progress: Progress = lambda _done, _all: None,
    ) -> Restored:
        """Put a backup in the place of the database and the secret; nothing is mailed by itself afterwards.

        See newsletter/keeping/restore.py. Raises BackupError, Conflict while a process uses the database,
        SchemaNewer, SchemaOutdated or ConfigError; nothing is changed then.
        """
        from newsletter.keeping import restore, target_of

        loaded = load_config(Path(config), os.environ if environ is None else environ)
        return restore(
            target_of(loaded), Path(file), exactly=exactly, discard=discard, progress=progress
        )


def _write_notes(notes: Path) -> None:
    if notes.is_dir() and any(notes.iterdir()):
        return
    notes.mkdir(exist_ok=True)
    (notes / "first-note.md").write_text(FIRST_NOTE, "utf-8")
    (notes / "about.md").write_text(ABOUT, "utf-8")


def _write_new(file: Path, pem: bytes) -> None:
    """Stores a key for its owner only. Raises Conflict when the file is there."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(
            f"{file} exists; a new key needs a new selector, or another --out"
        ) from error
    except OSError as error:
        raise NewsletterError(f"{file} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())
