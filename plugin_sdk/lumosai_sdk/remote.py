"""What providers that speak to servers share: where a key may go unencrypted, and what of an answer may be shown."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

MAX_SHOWN = 500


def is_loopback(host: str) -> bool:
    """Tell whether a URL's host is this machine: ``localhost``, or a loopback address as text."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def blanked(text: str, secrets: Sequence[str] = (), length: int = MAX_SHOWN) -> str:
    """Return the printable beginning of what a server sent, without the secrets it was sent."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return " ".join("".join(c if c.isprintable() else " " for c in text[: length * 2]).split())[:length]
