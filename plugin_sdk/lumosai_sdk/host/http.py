"""Right ``http``."""

from __future__ import annotations

import base64
import json as json_
from collections.abc import Iterator, Mapping
from typing import Any, Self

from lumosai_sdk.host.bridge import call, text


class Response:
    """An answer: ``status``, ``url`` (after redirects), ``headers`` (names in lower case), ``content`` (bytes)."""

    __slots__ = ("content", "headers", "status", "url")

    def __init__(self, status: int, url: str, headers: Mapping[str, str], content: bytes) -> None:
        self.status = status
        self.url = url
        self.headers = dict(headers)
        self.content = content

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110 section 15.3

    @property
    def text(self) -> str:
        """The body as text (UTF-8)."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body's JSON value. Raises ValueError."""
        return json_.loads(self.content)


class Stream:
    """An answer whose body comes in pieces of text: iterate over it, in a ``with`` block or to its end."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.status: int = answer["status"]
        self.url: str = answer["url"]
        self.headers: dict[str, str] = dict(answer["headers"])
        self._handle: str | None = answer["handle"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[str]:
        while self._handle is not None:
            piece = call("http.read", self._handle)
            if piece is None:
                self._handle = None
                return
            yield piece

    def close(self) -> None:
        """Give the rest up."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            call("http.close", handle)


def fetch(
    url: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
    *,
    json: Any = None,
    timeout: float | None = None,
) -> Response:
    """Make a request and return the whole answer, redirects followed where they are granted.

    *json* is a value to send instead of *body*; *timeout* in seconds, at most the host's. An HTTP status of failure
    is an answer, not an error.
    """
    answer = call("http.fetch", _request(url, method, headers, body, json, timeout))
    packed = answer.get("body_base64")
    content = base64.b64decode(packed) if packed is not None else str(answer["body"]).encode()
    return Response(answer["status"], answer["url"], answer["headers"], content)


def stream(
    url: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: str | bytes | None = None,
    *,
    json: Any = None,
    timeout: float | None = None,
) -> Stream:
    """Make a request as ``fetch`` does, and read the answer's body in pieces."""
    return Stream(call("http.open", _request(url, method, headers, body, json, timeout)))


def _request(
    url: str,
    method: str,
    headers: Mapping[str, str] | None,
    body: str | bytes | None,
    json: Any,
    timeout: float | None,
) -> str:
    out: dict[str, Any] = {"url": url, "method": method}
    sent = dict(headers or {})
    if json is not None:
        body = text(json)
        if not any(name.lower() == "content-type" for name in sent):
            sent["content-type"] = "application/json"
    if sent:
        out["headers"] = sent
    if isinstance(body, bytes):
        out["body_base64"] = base64.b64encode(body).decode()
    elif body is not None:
        out["body"] = body
    if timeout is not None:
        out["timeout"] = timeout
    return text(out)
