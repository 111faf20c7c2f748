"""A request as the generated operations make it, before it has a connection."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

JSON: Final = "application/json"
EVENTS: Final = "text/event-stream"
KEY: Final = "idempotency-key"
_SAFE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
Query = Mapping[str, str | int | float | bool | None]


def segment(value: str) -> str:
    """Return an id as one segment of a path. Raises ValueError for one that would be another path."""
    if value in {"", ".", ".."}:
        raise ValueError(f"{value!r} is no id")
    return quote(value, safe="")


def segments(value: str) -> str:
    """Return a path within a path. Raises ValueError for one that would lead out of it."""
    parts = value.split("/")
    if ".." in parts or "." in parts:
        raise ValueError(f"{value!r} leads elsewhere")
    return "/".join(quote(part, safe="") for part in parts)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose shape the document does not tell."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. An empty ``idempotency_key`` is filled in; without one (None) the operation knows none.

    Parts that are None were left out by the caller.
    """

    method: str
    path: str
    query: Query = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    body: Mapping[str, object] | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    content_type: str = JSON
    accept: str = JSON
    idempotency_key: str | None = None

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once."""
        return self.method in _SAFE or self.idempotency_key is not None

    def keyed(self) -> Request:
        """Return it with an idempotency key, if the operation takes one: the same for all its attempts."""
        if self.idempotency_key != "":
            return self
        return Request(
            self.method,
            self.path,
            self.query,
            self.headers,
            self.body,
            self.content,
            self.content_type,
            self.accept,
            str(uuid.uuid4()),
        )

    def sent_query(self) -> dict[str, str]:
        """Return the query as text."""
        return {k: _text(v) for k, v in self.query.items() if v is not None}

    def sent_headers(self) -> dict[str, str]:
        """Return the headers that are the request's own."""
        out = {"accept": self.accept, **{k: v for k, v in self.headers.items() if v is not None}}
        if self.idempotency_key:
            out[KEY] = self.idempotency_key
        if self.sent_body() is not None:
            out["content-type"] = self.content_type
        return out

    def sent_body(self) -> bytes | None:
        """Return the bytes of the body. Raises TypeError or ValueError when it is not JSON."""
        if self.body is None:
            return self.content
        return json.dumps(self.body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _text(value: str | float | bool) -> str:  # noqa: FBT001 - a value of a query
    return str(value).lower() if isinstance(value, bool) else str(value)
