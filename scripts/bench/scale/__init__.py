"""What a newsletter costs that has grown: years of issues, and many readers."""
