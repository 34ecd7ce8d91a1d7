"""What a relay or a report says, and what it means: outcome, severity, status. Pure."""
