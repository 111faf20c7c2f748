"""Heads of requests that are refused whoever sent them: too much of them, or secrets where they would be logged."""

from __future__ import annotations

import re

from lumosai.gateway.asgi import Scope
from lumosai.gateway.errors import BadRequestError, HeadTooLargeError

MOST_HEADERS = 128
LONGEST_CREDENTIAL = 16 * 1024
LONGEST_ADDRESS = 32 * 1024
_ONCE = frozenset({b"authorization", b"content-length", b"content-type", b"host", b"origin"})
_KEY = re.compile(r"lumos_[0-9a-z]{4,64}_[\w-]{16,}", re.ASCII)
_PARAMETER = re.compile(rb"(?:^|&)(?:access_token|api[_-]?key)=", re.IGNORECASE)
_HINT = "send it as Authorization: Bearer …, and replace the one that was sent: addresses end up in logs"


def check(scope: Scope) -> None:
    """Raise BadRequestError, HeadTooLargeError for a head that no well-meaning client sends."""
    headers = scope["headers"]
    if len(headers) > MOST_HEADERS:
        raise HeadTooLargeError(f"a request has at most {MOST_HEADERS} header fields")
    seen: set[bytes] = set()
    for name, value in headers:
        if name in _ONCE:
            if name in seen:
                # Whoever stands before this service may have looked at the other one (RFC 9110 section 5.3).
                raise BadRequestError(f"a request has one {name.decode().title()} header")
            seen.add(name)
            if len(value) > LONGEST_CREDENTIAL:
                raise HeadTooLargeError(f"{name.decode().title()} is longer than {LONGEST_CREDENTIAL} bytes")
    query: bytes = scope["query_string"]
    if len(query) + len(scope["path"]) > LONGEST_ADDRESS:
        raise HeadTooLargeError(f"the address is longer than {LONGEST_ADDRESS} bytes")
    if (query and (_PARAMETER.search(query) or has_key(query.decode("latin-1")))) or has_key(scope["path"]):
        raise BadRequestError("a secret does not belong into an address", hint=_HINT)


def has_key(text: str) -> bool:
    """Tell whether a key of this project's form stands in a text."""
    return "lumos_" in text and _KEY.search(text) is not None


def without_keys(text: str) -> str:
    """Return *text* with the keys in it blotted out."""
    return _KEY.sub("lumos_…", text) if "lumos_" in text else text
