"""What the owner says of MCP servers, from ``[plugins.mcp.settings]``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from lumosai_sdk import Secret
from lumosai_sdk.errors import ConfigError

PLAIN_SECRETS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key", "api-key"})
"""Headers whose value is a secret wherever they stand."""


@dataclass(frozen=True, slots=True)
class OAuth:
    """How a token for a server is got."""

    client_id: str | None = None
    client_secret: Secret | None = None
    issuer: str | None = None
    scope: str | None = None
    grant: Literal["authorization_code", "client_credentials"] = "authorization_code"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """One server; the manifest's ``settings_schema`` tells what each field is for. Raises ConfigError."""

    name: str
    enabled: bool = True
    command: str | None = None
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    secret_env: Mapping[str, Secret] = field(default_factory=dict)
    cwd: str | None = None
    isolation: Literal["auto", "require", "off"] = "auto"
    read: Sequence[str] = ()
    write: Sequence[str] = ()
    network: bool = False
    memory_mib: int = 4096
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, Secret] = field(default_factory=dict)
    allow_plain_http: bool = False
    oauth: OAuth | None = None
    allow: Sequence[str] = ("*",)
    deny: Sequence[str] = ()
    approve: Sequence[str] = ()
    read_only: Sequence[str] = ()
    trust_on_first_use: bool = False
    resources: bool = True
    prompts: bool = True
    elicitation: bool = True
    sampling: str | None = None
    sampling_max_tokens: int = 1024
    sampling_max_requests: int = 8
    start_timeout: float = 30.0
    timeout: float = 60.0
    concurrency: int = 8
    max_result_kib: int = 256
    max_message_kib: int = 4096

    @classmethod
    def of(cls, name: str, given: Mapping[str, Any]) -> Self:
        """Read a server's table, as the host checked it. Raises ConfigError naming the key."""
        oauth = given.get("oauth")
        made = cls(name, **{**given, "oauth": None if oauth is None else OAuth(**oauth)})
        made.check()
        return made

    def check(self) -> None:
        """Raise ConfigError for a secret that stands in the open, or would be sent in the open."""
        where = f"[plugins.mcp.settings.servers.{self.name}]"
        for header in self.headers:
            if header.lower() in PLAIN_SECRETS:
                raise ConfigError(
                    f"{where} headers: {header!r} is a secret", hint=f'secret_headers = {{ {header} = "env:NAME" }}'
                )
        if self.url is None or self.allow_plain_http or not (self.secret_headers or self.oauth):
            return
        parts = urlsplit(self.url)
        if parts.scheme == "http" and not _is_here(parts.hostname or ""):
            raise ConfigError(f"{where} url: secrets do not go over http", hint="https, or allow_plain_http = true")

    def offers(self, tool: str) -> bool:
        """Tell whether the owner wants a tool of the server, by the server's own name for it."""
        return _fits(tool, self.allow) and not _fits(tool, self.deny)

    def needs_leave(self, tool: str) -> bool:
        """Tell whether each call of a tool waits for a person."""
        return _fits(tool, self.approve)

    def changes_nothing(self, tool: str) -> bool:
        """Tell whether the owner says that a tool has no side effects."""
        return _fits(tool, self.read_only)

    @property
    def max_message(self) -> int:
        return self.max_message_kib * 1024

    @property
    def max_result(self) -> int:
        return self.max_result_kib * 1024


@dataclass(frozen=True, slots=True)
class Expose:
    """What MCP clients are offered: globs of ids."""

    tools: Sequence[str] = ()
    agents: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.tools or self.agents)


@dataclass(frozen=True, slots=True)
class Settings:
    """All that is said of MCP. ``lock`` is the absolute path of the file of what was accepted."""

    lock: Path
    servers: Mapping[str, ServerSettings]
    expose: Expose

    @classmethod
    def of(cls, given: Mapping[str, Any], base: Path) -> Self:
        """Read the plugin's settings; relative paths start at *base*. Raises ConfigError."""
        servers = {n: ServerSettings.of(n, s) for n, s in given.get("servers", {}).items()}
        expose = Expose(**given.get("expose", {}))
        return cls((base / given.get("lock", "mcp.lock.json")).absolute(), servers, expose)


FIELDS = frozenset(f.name for f in fields(ServerSettings)) - {"name"}
"""The keys of a server's table."""


def _fits(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, g) for g in globs)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
