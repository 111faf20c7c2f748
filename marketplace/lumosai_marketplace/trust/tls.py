"""Whose word is taken for it that a server is the one of its name: the system's CAs, or those that the owner names."""

from __future__ import annotations

import os

VARIABLE = "SSL_CERT_FILE"


def ca_file() -> str | None:
    """Return the file of CAs (PEM) that ``SSL_CERT_FILE`` names, as OpenSSL has it; None for the system's."""
    return os.environ.get(VARIABLE) or None
