"""Readers: subscribers and their consent, sign-ups, suppressions, and reports about them."""
