"""What an instance remembers: every generation of every part, in one file that is replaced as a whole."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, Self, get_args
from urllib.parse import urlsplit

from lumosai_marketplace import durable
from lumosai_marketplace.authority import files
from lumosai_sdk.errors import ConfigError
from lumosai_sdk.jsontext import strict_json

Part = Literal["root", "ca", "ct", "log", "tsa", "oidc"]
PARTS: tuple[Part, ...] = get_args(Part)
FILE = "authority.json"
_SCHEMA = 1
_MAX_BYTES = 4 * 1024 * 1024
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_NOT_HERE = "lumos marketplace init makes one; one that is elsewhere is found with its marketplace.toml (--config FILE)"


@dataclass(frozen=True, slots=True)
class Generation:
    """One key of one part, and the certificates made for it; ``end`` is None for the one that signs now."""

    part: Part
    key: str  # its name in the key store
    public: bytes  # SubjectPublicKeyInfo
    start: datetime
    end: datetime | None = None
    certificates: tuple[bytes, ...] = ()  # DER, its own first

    @property
    def key_id(self) -> bytes:
        """The SHA-256 of the public key."""
        return sha256(self.public).digest()

    @property
    def trusted(self) -> bool:
        """Whether there was any moment at which it was to be trusted."""
        return self.end is None or self.end > self.start

    def valid_for(self) -> dict[str, str]:
        """Return the span as trust roots have it."""
        span = {"start": time_text(self.start)}
        return span if self.end is None else {**span, "end": time_text(self.end)}

    def to_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads."""
        return {
            "part": self.part,
            "key": self.key,
            "public": b64encode(self.public).decode(),
            "start": time_text(self.start),
            "end": None if self.end is None else time_text(self.end),
            "certificates": [b64encode(c).decode() for c in self.certificates],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read one. Raises KeyError, TypeError or ValueError."""
        if data["part"] not in PARTS:
            raise ValueError(f"there is no part {data['part']!r}")
        return cls(
            part=data["part"],
            key=str(data["key"]),
            public=b64decode(data["public"], validate=True),
            start=_time(data["start"]),
            end=None if data["end"] is None else _time(data["end"]),
            certificates=tuple(b64decode(c, validate=True) for c in data["certificates"]),
        )


@dataclass(frozen=True, slots=True)
class State:
    """The whole of an instance but its private keys. ``generations`` are in the order in which they were made."""

    url: str
    organization: str
    keys: str  # the reference of the key store
    generations: tuple[Generation, ...] = ()

    @property
    def host(self) -> str:
        """The host's name, which is also the origin of the log's checkpoints."""
        return urlsplit(self.url).hostname or ""

    def of(self, part: Part) -> tuple[Generation, ...]:
        """Return the generations of a part, the oldest first."""
        return tuple(g for g in self.generations if g.part == part)

    def current(self, part: Part) -> Generation:
        """Return the generation that signs now."""
        return self.of(part)[-1]

    def succeed(self, new: Generation, old_end: datetime) -> State:
        """Return the state in which *new* signs, and the one before is valid until *old_end*."""
        ended = tuple(replace(g, end=old_end) if g.part == new.part and g.end is None else g for g in self.generations)
        return replace(self, generations=(*ended, new))

    def save(self, folder: Path) -> None:
        """Replace what is in *folder*. Raises OSError."""
        body = {
            "schema": _SCHEMA,
            "url": self.url,
            "organization": self.organization,
            "keys": self.keys,
            "generations": [g.to_json() for g in self.generations],
        }
        durable.replace(folder / FILE, json.dumps(body, indent=1).encode())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read *folder*'s. Raises ConfigError that names the file and what is wrong with it."""
        path = folder / FILE
        if not path.exists():
            raise ConfigError(f"there is no sigstore instance in {folder}", hint=_NOT_HERE)
        files.check_private(path)
        try:
            data = strict_json(files.read(path, _MAX_BYTES).decode())
            if data["schema"] != _SCHEMA:
                raise ConfigError(f"{path} is of the schema {data['schema']}, and this knows {_SCHEMA}")
            generations = tuple(Generation.from_json(g) for g in data["generations"])
            made = cls(str(data["url"]), str(data["organization"]), str(data["keys"]), generations)
            missing = set(PARTS) - {g.part for g in generations if g.end is None}
        except (ValueError, KeyError, TypeError, RecursionError) as e:
            raise ConfigError(f"{path} is damaged: {type(e).__name__} {e}") from None
        if missing:
            raise ConfigError(f"{path} is damaged: nothing signs as {', '.join(sorted(missing))}")
        return made


def time_text(at: datetime) -> str:
    """Return a time as trust roots write it, to the second."""
    return at.astimezone(UTC).strftime(_TIME)


def check_url(url: str) -> str:
    """Return the service's URL without a slash at its end.

    Raises ConfigError: it is at the root of its host, since sigstore's own clients ask there; identity tokens are sent
    to it, so that it has to be HTTPS, but on this machine.
    """
    parts = urlsplit(url.rstrip("/"))
    host = parts.hostname or ""
    if not re.fullmatch(r"[a-z0-9.:-]+", host) or parts.username or parts.path or parts.query or parts.fragment:
        raise ConfigError(f"{url!r} is no URL of a service: a scheme, a host and perhaps a port")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ConfigError(f"{url} is not HTTPS: identity tokens would be sent for everybody to read")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether *host* can only be this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _time(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
