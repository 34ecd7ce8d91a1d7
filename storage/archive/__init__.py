"""The archive: issues as they are published, changed, withdrawn and read."""

from storage.archive.issues import IssueName, Issues, MailOrder

__all__ = ["IssueName", "Issues", "MailOrder"]
