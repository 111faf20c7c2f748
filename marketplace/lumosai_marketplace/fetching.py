"""A small document from an address that the operator has named: bounded in size and time, and no redirects."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp

MAX_DOCUMENT = 128 * 1024
_SECONDS = 5.0
_CHUNK = 16 * 1024


async def fetch(url: str, most: int = MAX_DOCUMENT) -> bytes:
    """Return what is at *url*, of at most *most* bytes. Raises OSError, TimeoutError or ValueError."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    # Not compressed: what is bounded is what arrives, and what is read of it.
    headers = {"Accept-Encoding": "identity"}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers, auto_decompress=False) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            return await _body(response, most)
    except aiohttp.ClientError as e:
        raise OSError(f"no answer: {type(e).__name__}") from None


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    if response.status != 200:  # noqa: PLR2004
        raise ValueError(f"the answer is {response.status}")
    data = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        data += chunk
        if len(data) > most:
            raise ValueError(f"the answer has more than {most} bytes")
    return bytes(data)
