"""For whom identity tokens are made (the claim ``aud``): every service has an audience to publish with, and one to sign
with. Both are of the address that a client was told, so that what one service is given is worth nothing at another.
"""

from __future__ import annotations

from urllib.parse import urlsplit

PUBLIC_GOOD = "sigstore"
"""That of the public sigstore instance, and of whoever does not care."""

_PORTS = {"https": 443, "http": 80}


def publishing(url: str) -> str:
    """Return the audience of tokens to publish with at *url*: its host, and its port unless that is the usual one."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in {None, _PORTS.get(parts.scheme)} else f"{host}:{parts.port}"


def signing(url: str) -> str:
    """Return the audience of tokens to sign with at the sigstore instance of the index at *url*."""
    return f"{PUBLIC_GOOD}@{publishing(url)}"
