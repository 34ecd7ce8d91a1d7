"""SMTP spoken both ways: the relay, its session and wire, and servers that take mail."""
