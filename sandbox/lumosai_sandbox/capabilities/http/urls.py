"""URLs as they may be asked for: read once, written anew, checked and connected with in that form alone."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from yarl import URL

from lumosai_sandbox.capabilities.secrets import MARK
from lumosai_sdk import addresses
from lumosai_sdk.errors import InputError

MAX_LENGTH = 8192
_MAX_HOST = 253
_ODD = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# What resolvers take for IPv4 addresses though RFC 3986 does not: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMERIC = re.compile(r"\d+|0x[0-9a-f]*")
_PORT_OF = {"http": 80, "https": 443}


def read(text: str, base: URL | None = None) -> URL:
    """Return the URL that *text* means, relative to *base* if it is. Raises InputError, which repeats only its host."""
    if len(text) > MAX_LENGTH:
        raise InputError(f"the URL has {len(text)} characters; at most {MAX_LENGTH} are taken")
    if _ODD.search(text):
        raise InputError("the URL has spaces, control characters or backslashes in it; percent-encode them")
    if MARK in text or MARK in unquote(unquote(text)):
        raise InputError("a secret's handle may stand in the value of a header, not in a URL")
    try:
        if "@" in urlsplit(text).netloc:
            raise InputError("the URL has a user in it; send an Authorization header if one is needed")
        url = URL(text) if base is None else base.join(URL(text))
        return _checked(URL(str(url.with_fragment(None))))
    except (ValueError, UnicodeError):
        raise InputError("this is no URL") from None


def origin(url: URL) -> str:
    """Return scheme, host and port: what of a URL may be told in errors."""
    return str(url.origin())


def port_of(url: URL) -> int:
    """Return the port that is connected to."""
    return url.port or _PORT_OF[url.scheme]


def _checked(url: URL) -> URL:
    if url.scheme not in _PORT_OF:
        raise InputError("a URL begins with http:// or https://")
    if url.raw_user is not None or url.raw_password is not None or "@" in url.raw_authority:
        raise InputError("the URL has a user in it")
    host = url.raw_host or ""
    _check_host(host)
    # The rules read the text with another parser. Both must see the same, or nothing is asked for.
    parts = urlsplit(str(url))
    if parts.scheme != url.scheme or parts.hostname != host or (parts.port or port_of(url)) != url.port or not url.port:
        raise InputError("this URL can be read in two ways; write it plainly")
    return url


def _check_host(host: str) -> None:
    if "%" in host:
        raise InputError("an address with a zone is not taken")
    if addresses.parse(host) is not None:
        return
    labels = host.split(".")
    if len(host) > _MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise InputError("this URL's host is no host name")
    if _NUMERIC.fullmatch(labels[-1]):
        raise InputError("this URL's host is a number, but no IPv4 address as four decimal numbers")
