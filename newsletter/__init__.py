"""The service: what happens when."""
