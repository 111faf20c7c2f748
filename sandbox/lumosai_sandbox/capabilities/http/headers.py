"""Headers, on the way out and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lumosai_sandbox.capabilities.secrets import MARK
from lumosai_sdk.errors import InputError

MAX_COUNT = 64
MAX_VALUE = 8 * 1024
_MAX_ALL = 32 * 1024
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_VALUE = re.compile(r"[\t\x20-\x7e\xa1-\U0010ffff]*")
# What frames a message, or speaks to those between, is the host's to say.
_OURS = frozenset(
    {
        "accept-encoding",
        "alt-used",
        "connection",
        "content-length",
        "expect",
        "forwarded",
        "host",
        "http2-settings",
        "keep-alive",
        "max-forwards",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)
_HARMLESS = frozenset({"accept", "accept-language", "content-type", "user-agent", "accept-encoding"})
_CONSUMED = frozenset({"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"})
_OWN = {"user-agent": "LumosAI", "accept-encoding": "gzip"}


def checked(data: Any) -> dict[str, str]:
    """Return the headers to send, names in lower case. Raises InputError for one that is not the plugin's to set."""
    if not isinstance(data, dict):
        raise InputError("'headers' must be an object of strings")
    if len(data) > MAX_COUNT:
        raise InputError(f"at most {MAX_COUNT} headers are sent")
    out = dict(_OWN)
    for name, value in data.items():
        out[_name(name)] = _value(name, value)
    if sum(len(n) + len(v) for n, v in out.items()) > _MAX_ALL:
        raise InputError(f"the headers have more than {_MAX_ALL} characters together")
    return out


def is_value(text: str) -> bool:
    """Tell whether a text can be a header's value."""
    return _VALUE.fullmatch(text) is not None


def for_another_origin(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what may follow a redirect elsewhere: nothing that proves who is asking, whatever its name."""
    return {n: v for n, v in headers.items() if n in _HARMLESS and MARK not in v}


def without_body(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a request that lost its body on a redirect."""
    return {n: v for n, v in headers.items() if not n.startswith("content-")}


def received(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return an answer's headers, names in lower case, several of one name in one; those that framed it left out."""
    out: dict[str, str] = {}
    for name, value in pairs:
        lower = name.lower()
        if lower not in _CONSUMED:
            out[lower] = f"{out[lower]}, {value}" if lower in out else value
    return out


def _name(name: str) -> str:
    lower = name.lower()
    if not _TOKEN.fullmatch(name):
        raise InputError("there is a header whose name is none")
    if lower in _OURS or lower.startswith(("proxy-", "sec-")):
        raise InputError(f"the header {name} is the host's to set")
    return lower


def _value(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_VALUE or not is_value(value):
        raise InputError(f"the value of {name} must be text of at most {MAX_VALUE} characters, on one line")
    return value.strip()
