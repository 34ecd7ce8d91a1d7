"""The site: routes, pages and feeds over HTTP; no rules of its own."""
