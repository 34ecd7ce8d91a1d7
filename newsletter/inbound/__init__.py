"""What follows from reports, leave mails and web hooks."""

from newsletter.inbound.collecting import Collecting
from newsletter.inbound.reportdesk import ReportDesk, ReportResult
from newsletter.inbound.softbounces import SoftLimits
from newsletter.inbound.webhookdesk import Certificates, WebhookDesk

__all__ = ["Certificates", "Collecting", "ReportDesk", "ReportResult", "SoftLimits", "WebhookDesk"]
