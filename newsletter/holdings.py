"""What a newsletter holds, beside its verbs: for the site, the commands and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.parts import Parts

if TYPE_CHECKING:
    from newsletter.inbound import ReportDesk, WebhookDesk
    from newsletter.publication import Publication
    from newsletter.showing import Building
    from newsletter.subscribing import Subscriptions
    from newsletter.watching import Watching
    from storage.readers import Reports, Subscribers


class Holdings:
    """Each is one of the parts, put together when it is first asked for."""

    parts: Parts

    @property
    def publication(self) -> Publication:
        """What readers see: issues, feeds, pictures, the About page."""
        return self.parts.publication

    @property
    def subscriptions(self) -> Subscriptions:
        """Joining and leaving."""
        return self.parts.subscriptions

    @property
    def subscribers(self) -> Subscribers:
        """What is kept of readers, and the suppressions."""
        return self.parts.subscribers

    @property
    def reports(self) -> Reports:
        """What is kept of mail that came back, and the quarantine."""
        return self.parts.reports

    @property
    def report_desk(self) -> ReportDesk:
        """What follows from reports."""
        return self.parts.report_desk

    @property
    def webhook_desk(self) -> WebhookDesk:
        """What mail services tell by HTTP."""
        return self.parts.webhook_desk

    @property
    def build(self) -> Building:
        """The site as files: `build(directory)`."""
        from newsletter.showing import Building

        return Building(self)

    @property
    def watching(self) -> Watching:
        """What an operator is told: ready or not, troubles, figures."""
        return self.parts.watching
