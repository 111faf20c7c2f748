"""URLs as they may be asked for.

What is checked is the very object the client connects with, so that no second reader of the same text can see another
host in it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from yarl import URL

from lumosai_sdk import ToolError, addresses

MAX_LENGTH = 4096
_MAX_HOST = 253
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL = re.compile(r"^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$")
# RFC 3986 has no such hosts, but resolvers take 2130706433, 0x7f.1 and 0177.0.0.1 for 127.0.0.1.
_NUMERIC = re.compile(r"^(?:\d+|0x[0-9a-f]*)$")


def read(text: str, base: URL | None = None) -> URL:
    """Return a checked URL, relative to *base* if it is. Raises ToolError, which repeats at most its host."""
    if len(text) > MAX_LENGTH:
        raise ToolError(f"the URL has {len(text)} characters; at most {MAX_LENGTH} are taken")
    if _ODD.search(text):
        raise ToolError("the URL has spaces, control characters or backslashes in it; percent-encode them")
    try:
        url = URL(text) if base is None else base.join(URL(text))
        url = url.with_fragment(None)
        return _checked(url)
    except ValueError as e:
        raise ToolError(f"this is no URL: {str(e)[:200]}") from None


def origin(url: URL) -> str:
    """Return scheme, host and port: what of a URL may be shown."""
    return str(url.origin())


def same_origin(one: URL, other: URL) -> bool:
    """Tell whether two URLs have the same scheme, host and port."""
    return one.origin() == other.origin()


def _checked(url: URL) -> URL:
    if url.scheme not in {"http", "https"}:
        raise ToolError(f"only http:// and https:// URLs can be fetched, not {url.scheme[:20] or 'relative ones'!r}")
    if url.raw_user is not None or url.raw_password is not None or "@" in url.raw_authority:
        raise ToolError("the URL has a user in it; leave it out, and send an Authorization header if one is needed")
    host = url.raw_host or ""
    _check_host(host)
    # The permission rules read the text with another parser: both must see the same host and port.
    parts = urlsplit(str(url))
    if (parts.hostname or "").lower() != host or (parts.port or url.port) != url.port or not url.port:
        raise ToolError("this URL can be read in two ways; write it plainly")
    return url


def _check_host(host: str) -> None:
    address = addresses.parse(host)
    if address is not None:
        if "%" in host:
            raise ToolError("an address with a zone cannot be fetched from")
        return
    labels = host.split(".")
    if len(host) > _MAX_HOST or not all(_LABEL.match(label) for label in labels):
        raise ToolError(f"{host[:80]!r} is no host name")
    if _NUMERIC.match(labels[-1]):
        raise ToolError(f"{host[:80]!r} is no proper IPv4 address; write it as four decimal numbers")
