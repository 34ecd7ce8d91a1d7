"""What stands between this machine and a reader: relay, domain, site, a copy received."""
