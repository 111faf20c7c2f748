"""Answers, sent straight through ASGI."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from lumosai.gateway.asgi import Receive, Scope, Send

Header = tuple[bytes, bytes]
JSON = b"application/json"


class Reply:
    """A whole answer. *tag* is its entity tag where that is known; of other answers that need one it is worked out."""

    __slots__ = ("body", "headers", "status", "tag")

    def __init__(
        self,
        body: bytes = b"",
        status: int = 200,
        media_type: bytes = JSON,
        headers: Iterable[Header] = (),
        tag: bytes | None = None,
    ) -> None:
        self.body = body
        self.status = status
        self.tag = tag
        self.headers: list[Header] = [(b"content-length", b"%d" % len(body)), *headers]
        if body:
            self.headers.append((b"content-type", media_type))

    @classmethod
    def empty(cls, status: int, headers: Iterable[Header] = ()) -> Reply:
        """Return an answer that has no body, and says nothing of the length of one: 204, 304."""
        reply = cls(status=status)
        reply.headers = list(headers)
        return reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else self.body})


def json_reply(value: Any, status: int = 200, headers: Iterable[Header] = ()) -> Reply:
    """Return *value* as JSON. Raises TypeError when it is not JSON."""
    return Reply(dump(value), status, JSON, headers)


def no_content() -> Reply:
    """Return an empty answer, 204."""
    return Reply.empty(204)


def dump(value: Any) -> bytes:
    """Return JSON; what JSON has no number for becomes null. Raises TypeError when *value* is not JSON."""
    try:
        return to_json(value, inf_nan_mode="null", fallback=_plain)
    except PydanticSerializationError:
        pass
    try:
        # Half a surrogate pair, which a file name or a careless model may contain, has no UTF-8, but an escape.
        return json.dumps(value, separators=(",", ":"), default=_plain).encode()
    except (ValueError, RecursionError) as e:
        raise TypeError(str(e)) from None


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
