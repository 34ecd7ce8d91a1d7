"""A note's bytes to a Note: front matter, title, dates, text. Pure."""
