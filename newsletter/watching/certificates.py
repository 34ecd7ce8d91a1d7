"""Until when the certificate of the public site is valid, as somebody outside would see it."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

PATIENCE_S: Final = 10.0


def find_end(url: str, context: ssl.SSLContext | None = None) -> datetime | None:
    """When it ends; None for one that is not valid.

    Raises OSError when the site cannot be reached, which says nothing about its certificate.
    """
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or 443)
    with socket.create_connection(address, PATIENCE_S) as plain:
        try:
            secure = (context or ssl.create_default_context()).wrap_socket(
                plain, server_hostname=parts.hostname
            )
        except ssl.SSLCertVerificationError:
            return None
        with secure:
            certificate = secure.getpeercert() or {}
    ends = str(certificate.get("notAfter", ""))
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
