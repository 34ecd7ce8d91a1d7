"""Who may speak for a domain: DKIM, SPF, DMARC, and the questions to the DNS."""
