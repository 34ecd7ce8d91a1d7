"""Owns the whole file: its sections by name, and every problem in them at once.

What was read is kept as it was read. The kinds of values stand in newsletter/config/fields.py, the
sentences about what is wrong in newsletter/config/problems.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import (
    ValidationError,
)

from newsletter.config.fields import (
    Section,
)
from newsletter.config.problems import SectionProblems, tell_problem
from newsletter.config.sections.looks import SiteSection
from newsletter.config.sections.returning import BouncesSection, WebhooksSection
from newsletter.config.sections.sending import DispatchSection, DkimSection, SmtpSection
from newsletter.config.sections.serving import (
    DeskSection,
    FeedsSection,
    StorageSection,
    SubscribersSection,
    WebSection,
)
from newsletter.config.sections.writing import NewsletterSection, NotesSection, ScheduleSection
from newsletter.config.source import TomlTable


class File(Section):
    """The whole file. Sections that are missing in it are empty here, and so get their defaults."""

    newsletter: NewsletterSection
    notes: NotesSection
    schedule: ScheduleSection
    storage: StorageSection
    smtp: tuple[SmtpSection, ...]
    dispatch: DispatchSection
    dkim: DkimSection
    bounces: BouncesSection
    webhooks: WebhooksSection
    feeds: FeedsSection
    subscribers: SubscribersSection
    web: WebSection
    desk: DeskSection
    site: SiteSection


SECTIONS: Final[Mapping[str, type[Section]]] = {
    "newsletter": NewsletterSection,
    "notes": NotesSection,
    "schedule": ScheduleSection,
    "storage": StorageSection,
    "smtp": SmtpSection,
    "dispatch": DispatchSection,
    "dkim": DkimSection,
    "bounces": BouncesSection,
    "webhooks": WebhooksSection,
    "feeds": FeedsSection,
    "subscribers": SubscribersSection,
    "web": WebSection,
    "desk": DeskSection,
    "site": SiteSection,
}
"""Every section and, as `model_fields`, every key: documentation is tested against it."""


def parse_sections(raw: TomlTable, folder: Path, *, signing: bool) -> File:
    """The document as sections. Raises SectionProblems with every problem there is.

    Without `signing` a `[dkim]` that names no key yet is no problem.
    """
    try:
        return File.model_validate(raw, context={"folder": folder, "signing": signing})
    except ValidationError as error:
        keys = {name: tuple(section.model_fields) for name, section in SECTIONS.items()}
        details = error.errors(include_url=False, include_input=False)
        raise SectionProblems(
            [
                tell_problem(one["type"], one["loc"], one["msg"], one.get("ctx", {}), keys)
                for one in details
            ]
        ) from error
