"""Requests and responses of plugin routes: JSON-shaped, so that a sandboxed plugin can serve them too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lumosai_sdk.types.auth import LOCAL, Principal


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to a plugin's route: ``path`` is what follows the plugin's prefix, header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    principal: Principal = LOCAL


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A route's answer: ``body`` as text or bytes with its media type, or any JSON value."""

    body: Any = ""
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
