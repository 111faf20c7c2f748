"""Entity tags and what clients ask by them (RFC 9110 sections 8.8.3 and 13).

Tags are strong: made of the very bytes that are answered, which differ from caller to caller where callers may not see
the same.
"""

from __future__ import annotations

import hashlib
import re

from lumosai.gateway.asgi import Scope
from lumosai.gateway.reply import Header, Reply

_TAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
# Whoever keeps an answer asks before each use: what may be seen is decided anew each time.
_KEPT: tuple[Header, ...] = ((b"cache-control", b"private, no-cache"), (b"vary", b"authorization, accept"))
OK = 200


def tag_of(*parts: bytes) -> bytes:
    """Return the strong tag of a representation."""
    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        made.update(b"%d:" % len(part) + part)
    return b'"%b"' % made.hexdigest().encode()


def tagged(scope: Scope, reply: Reply) -> Reply:
    """Return the answer with its tag, or 304 where the client says that it has it (``If-None-Match``)."""
    if reply.status != OK:
        return reply
    tag = reply.tag or tag_of(reply.body)
    headers = [(b"etag", tag), *_KEPT]
    if _is_known(scope, tag):
        return Reply.empty(304, headers)
    reply.headers += headers
    return reply


def _is_known(scope: Scope, tag: bytes) -> bool:
    given = _given(scope, b"if-none-match")
    return given is not None and (given.strip() == b"*" or tag in _opaque(given))


def matches(scope: Scope, tag: bytes) -> bool | None:
    """Tell whether ``If-Match`` names the tag, by strong comparison; None without that header."""
    given = _given(scope, b"if-match")
    if given is None:
        return None
    return given.strip() == b"*" or tag in _opaque(given, strong=True)


def _opaque(given: bytes, *, strong: bool = False) -> list[bytes]:
    return [tag for weak, tag in _TAG.findall(given) if not (strong and weak)]


def _given(scope: Scope, name: bytes) -> bytes | None:
    """Return a list header, whose lines are one list (RFC 9110 section 5.3)."""
    found = [value for key, value in scope["headers"] if key == name]
    return b",".join(found) if found else None
