"""What comes back: reports, leave mails, Maildir, IMAP, the listener and web hooks."""
