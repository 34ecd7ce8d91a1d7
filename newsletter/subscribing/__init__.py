"""How an address becomes a reader and stops being one: sign-ups, lists, imports, exports."""
