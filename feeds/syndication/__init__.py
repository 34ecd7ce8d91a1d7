"""Issues to RSS, Atom and JSON Feed. Pure."""
