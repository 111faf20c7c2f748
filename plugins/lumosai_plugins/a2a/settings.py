"""What ``lumos.toml`` says of A2A."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lumosai_sdk.addresses import parse, reach
from lumosai_sdk.errors import ConfigError
from lumosai_sdk.secrets import Secret

KIB = 1024


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """An agent elsewhere: where it is, what it is sent, and how much it may answer."""

    name: str
    url: str
    description: str = ""
    token: Secret | None = None
    allow_private: bool = False
    approve: bool = False
    timeout: float = 120.0
    max_message: int = 1024 * KIB
    max_result: int = 128 * KIB

    @classmethod
    def of(cls, name: str, given: Mapping[str, Any]) -> RemoteSettings:
        """Read one table. Raises ConfigError when the token would leave the machine in the clear."""
        url = str(given["url"]).rstrip("/")
        token = given.get("token")
        if token is not None and _in_the_clear(url) and not given.get("allow_plain_http", False):
            raise ConfigError(
                f"[plugins.a2a.settings.remotes.{name}]: the token would be sent over http, for all to read",
                hint="use an https url, or set allow_plain_http = true",
            )
        return cls(
            name,
            url,
            str(given.get("description", "")),
            token,
            bool(given.get("allow_private", False)),
            bool(given.get("approve", False)),
            float(given.get("timeout", 120.0)),
            int(given.get("max_message_kib", 1024)) * KIB,
            int(given.get("max_result_kib", 128)) * KIB,
        )


def _in_the_clear(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    address = parse(host)
    is_here = host == "localhost" or (address is not None and address.is_loopback)
    return parts.scheme == "http" and not is_here


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it."""

    agents: tuple[str, ...]
    public_url: str
    max_running: int
    max_per_caller: int
    remotes: Mapping[str, RemoteSettings]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Settings:
        """Read the plugin's settings. Raises ConfigError."""
        remotes = {n: RemoteSettings.of(n, r) for n, r in given.get("remotes", {}).items()}
        url = str(given.get("public_url", "")).rstrip("/")
        return cls(
            tuple(given.get("agents", ())),
            url,
            int(given.get("max_running", 64)),
            int(given.get("max_per_caller", 16)),
            remotes,
        )


def is_private(address: str) -> bool:
    """Tell whether an address is none of the public internet."""
    found = parse(address)
    return found is None or reach(found) != "public"


def is_forbidden(address: str) -> bool:
    """Tell whether an address is one nobody has business with, such as a cloud's metadata."""
    found = parse(address)
    return found is None or reach(found) == "forbidden"
