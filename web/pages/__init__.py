"""The pages: templates, styles, and what was rendered once."""
