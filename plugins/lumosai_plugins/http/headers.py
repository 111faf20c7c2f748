"""The headers an agent may send."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lumosai_sdk import ToolError

MAX_COUNT = 32
MAX_VALUE = 4096
_TOKEN = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$")
_VALUE = re.compile(r"^[\x20-\x7e\x80-\U0010ffff]*$")
_OURS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "cookie",
        "expect",
        "forwarded",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_HARMLESS = frozenset({"accept", "accept-language", "content-type"})


def checked(headers: Mapping[str, str], user_agent: str) -> dict[str, str]:
    """Return the headers to send. Raises ToolError for one that is malformed, or that is not the agent's to set."""
    if len(headers) > MAX_COUNT:
        raise ToolError(f"{len(headers)} headers are too many; at most {MAX_COUNT} are sent")
    out: dict[str, str] = {"user-agent": user_agent, "accept-encoding": "gzip"}
    for name, value in headers.items():
        out[_name(name)] = _value(name, value)
    return out


def for_another_origin(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what may follow a redirect elsewhere: nothing that could tell a secret, whatever its header is called."""
    keep = _HARMLESS | {"user-agent", "accept-encoding"}
    return {name: value for name, value in headers.items() if name in keep}


def without_body(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a request that lost its body on a redirect."""
    return {name: value for name, value in headers.items() if not name.startswith("content-")}


def _name(name: str) -> str:
    lower = name.lower()
    if not _TOKEN.match(name):
        raise ToolError(f"{name[:64]!r} is no header name")
    if lower in _OURS or lower.startswith(("proxy-", "sec-")):
        raise ToolError(f"the header {name} cannot be set")
    return lower


def _value(name: str, value: str) -> str:
    if len(value) > MAX_VALUE or not _VALUE.match(value):
        raise ToolError(f"the value of the header {name} is longer than {MAX_VALUE} or has control characters in it")
    return value.strip()
