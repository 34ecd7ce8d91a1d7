"""Everything about mail: addresses, messages, SMTP, policy, dispatch."""
