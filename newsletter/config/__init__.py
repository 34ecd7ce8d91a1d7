"""The configuration: one frozen Config, read once, every problem at once."""
