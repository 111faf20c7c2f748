"""The key of a request, and what tells it from others."""

from __future__ import annotations

import json
import re
from hashlib import sha256

from lumosai.gateway.call import Call
from lumosai.gateway.errors import BadRequestError

HEADER = b"idempotency-key"
LONGEST = 255
# A string of RFC 8941, section 3.3.3, as the draft has it; or the same without quotes, as most clients send it.
_QUOTED = re.compile(rb'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,510})"')
_BARE = re.compile(rb"[\x21\x23-\x7e]{1,255}")
_ESCAPED = re.compile(rb"\\(.)")


def key_of(call: Call) -> bytes:
    """Return the key of a request, or nothing. Raises BadRequestError for more than one, and for what is none."""
    given = [value for name, value in call.scope["headers"] if name == HEADER]
    if not given:
        return b""
    if len(given) > 1:
        raise BadRequestError("a request has one Idempotency-Key header")
    key = _read(given[0].strip())
    if not 0 < len(key) <= LONGEST:
        raise BadRequestError(
            f"Idempotency-Key is 1 to {LONGEST} printable ASCII characters, in quotes or without spaces",
            hint="send a UUID, a new one for each new request",
        )
    return key


def _read(value: bytes) -> bytes:
    if quoted := _QUOTED.fullmatch(value):
        return _ESCAPED.sub(rb"\1", quoted[1])
    return value if _BARE.fullmatch(value) else b""


def place_of(call: Call, key: bytes) -> str:
    """Return where the request is noted: nobody else's, nor one of another operation, can be there."""
    who = call.principal
    parts = [who.tenant, who.id, call.scope["method"], call.scope["path"], key.decode("ascii")]
    return sha256(json.dumps(parts).encode()).hexdigest()


def print_of(call: Call, body: bytes) -> str:
    """Return the fingerprint of what is asked: the body, and what besides it shapes the answer."""
    digest = sha256(b"%d %b\n" % (call.wants_events, call.scope["query_string"]))
    digest.update(body)
    return digest.hexdigest()
