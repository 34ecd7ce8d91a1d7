"""What follows from reports, leave mails and web hooks."""
