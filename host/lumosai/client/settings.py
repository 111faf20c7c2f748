"""Where the service is, and how it is talked to."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from lumosai.client.retry import Retries
from lumosai.version import __version__

CONNECT: Final = 10.0
SILENCE: Final = 60.0
"""Seconds without a sign of life after which a stream is given up: the service sends one every 15."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a client was made with, checked. Its key shows nowhere."""

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 600.0
    retries: Retries = field(default_factory=Retries)

    @classmethod
    def checked(
        cls, base_url: str, api_key: str | None, timeout: float, retries: Retries, *, insecure: bool
    ) -> Settings:
        """Return settings. Raises ValueError for an address or a key that cannot be used, without repeating either."""
        url = urlsplit(base_url)
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise ValueError("base_url is http://… or https://…, with a host")
        if "@" in url.netloc or url.query or url.fragment:
            raise ValueError("base_url has no name, password, query or fragment; the key is given as api_key")
        if api_key is not None:
            _check_key(api_key)
            if url.scheme == "http" and not insecure and not _is_local(url.hostname):
                raise ValueError("a key goes over https://, or to this machine; insecure=True sends it in the clear")
        if timeout <= 0:
            raise ValueError("timeout is more than 0 seconds")
        return cls(base_url.rstrip("/"), api_key, timeout, retries)

    @property
    def is_local(self) -> bool:
        """Whether the service is on this machine."""
        return _is_local(urlsplit(self.base_url).hostname or "")

    def headers(self) -> dict[str, str]:
        """Return the headers of every request."""
        out = {"user-agent": f"lumosai-client-python/{__version__}"}
        if self.api_key is not None:
            out["authorization"] = f"Bearer {self.api_key}"
        return out


def _check_key(key: str) -> None:
    if not key or not key.isascii() or any(c <= " " or c == "\x7f" for c in key):
        raise ValueError("api_key is printable ASCII without spaces")


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
