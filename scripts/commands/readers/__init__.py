"""Commands about who reads, and who is never mailed."""
