"""Fetching an issuer's documents: from where they are said to be and nowhere else, small, and soon."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    import aiohttp

SECONDS = 5.0
MOST_BYTES = 256 * 1024
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def check_url(url: str, what: str) -> SplitResult:
    """Return a URL's parts. Raises ConfigError unless it is https, or http on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as e:
        raise ConfigError(f"[plugins.jwt.settings] {what}: {e}") from None
    if not host or parts.username is not None or parts.fragment:
        raise ConfigError(f"[plugins.jwt.settings] {what} is no plain URL")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise ConfigError(f"[plugins.jwt.settings] {what}: keys are fetched over https", hint="write https://…")
    return parts


def same_place(one: str, other: str) -> bool:
    """Tell whether two URLs lead to the same server by the same way."""
    a, b = urlsplit(one), urlsplit(other)
    return (a.scheme, a.hostname, a.port) == (b.scheme, b.hostname, b.port)


async def fetch(url: str) -> bytes:
    """Return what is at *url*. Raises ValueError, in words that hold nothing of the answer."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            # Packed, a few bytes become gigabytes; with cookies or proxies of the environment, it is asked as another.
            aiohttp.ClientSession(
                timeout=timeout, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            ) as session,
            session.get(url, allow_redirects=False, headers={"Accept-Encoding": "identity"}) as response,
        ):
            return await _body(response)
    except (aiohttp.ClientError, OSError, TimeoutError) as e:
        raise ValueError(f"no answer ({type(e).__name__})") from None


async def _body(response: aiohttp.ClientResponse) -> bytes:
    if response.status != 200:  # noqa: PLR2004
        raise ValueError(f"the answer is {response.status}")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ValueError("the answer is packed")
    out = bytearray()
    async for chunk in response.content.iter_chunked(16 * 1024):
        out += chunk
        if len(out) > MOST_BYTES:
            raise ValueError(f"the answer is larger than {MOST_BYTES} bytes")
    return bytes(out)
