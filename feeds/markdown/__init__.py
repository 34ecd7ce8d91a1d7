"""Markdown to HTML and to text with the same content. Pure."""
