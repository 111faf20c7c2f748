"""What is answered to what never becomes a request: there is nobody yet who could be told by the usual way."""

from __future__ import annotations

from lumosai.gateway.reply import dump
from lumosai_sdk import safe

AGAIN = 5
"""Seconds after which who finds no room may try again."""
LONGEST = 200


def malformed(why: str) -> bytes:
    """Return the answer to what is no request, as problem details (RFC 9457)."""
    return _answer(b"400 Bad Request", 400, "bad_request", safe.line(why)[:LONGEST])


def _answer(line: bytes, status: int, code: str, detail: str, more: bytes = b"") -> bytes:
    title = line[4:].decode()
    problem = {"type": f"urn:lumosai:problem:{code}", "title": title, "status": status, "detail": detail, "code": code}
    body = dump(problem)
    return (
        b"HTTP/1.1 %b\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\n"
        b"x-content-type-options: nosniff\r\n%bconnection: close\r\n\r\n%b"
    ) % (line, len(body), more, body)


TOO_MANY_CONNECTIONS = _answer(
    b"503 Service Unavailable",
    503,
    "too_many_connections",
    "the service holds as many connections as it may",
    b"retry-after: %d\r\n" % AGAIN,
)
