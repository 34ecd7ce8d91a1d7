"""The mail of issues: letters, relays, how it stands, and the author's hand on it."""
