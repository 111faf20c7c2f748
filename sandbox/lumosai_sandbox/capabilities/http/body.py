"""Reading bodies: never more in memory than is allowed, however small it came over the wire."""

from __future__ import annotations

import asyncio
import base64
import codecs
import re
import zlib
from collections.abc import AsyncIterator
from typing import Any

from lumosai_sandbox.capabilities.arguments import limit
from lumosai_sandbox.capabilities.scrub import Flow, Scrubber
from lumosai_sdk.wireerrors import FarError

MAX_ANSWER = 4 * 1024 * 1024
PIECE = 64 * 1024
_SLICE = 16 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
# Python knows codecs that are no character sets (zlib, idna, unicode_escape), and slow ones among them.
_CHARSETS = frozenset(
    {"iso-8859-1", "latin-1", "latin1", "iso-8859-15", "windows-1252", "shift_jis", "euc-jp", "gb18030"}
)


async def pieces(wire: AsyncIterator[bytes], encoding: str, scrubber: Scrubber | None) -> AsyncIterator[bytes]:
    """Yield a body in pieces, unpacked and without secrets, MAX_ANSWER bytes at most. Raises FarError."""
    flow = Flow(scrubber) if scrubber else None
    size = 0
    async for data in _unpacked(wire, encoding):
        size += len(data)
        if size > MAX_ANSWER:
            raise limit(f"the answer has more than {MAX_ANSWER} bytes")
        if flow is None:
            yield data
            continue
        for at in range(0, len(data), _SLICE):
            if out := flow.feed(data[at : at + _SLICE]):
                yield out
            await asyncio.sleep(0)  # looking for secrets takes its time, and others wait
    if flow and (rest := flow.end()):
        yield rest


async def _unpacked(wire: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        async for data in wire:
            yield data
        return
    if name not in {"gzip", "x-gzip"}:
        raise FarError("unavailable", "the answer is packed in a way that was not asked for")
    inner = zlib.decompressobj(_GZIP)
    async for packed in wire:
        rest = packed
        while rest and not inner.eof:
            try:
                data = inner.decompress(rest, PIECE)
            except zlib.error:
                raise FarError("unavailable", "the answer is damaged: it cannot be unpacked") from None
            rest = inner.unconsumed_tail
            yield data


def told(data: bytes, content_type: str) -> dict[str, Any]:
    """Return a body as text, if it is, else as base64."""
    match = _CHARSET.search(content_type)
    named = match[1].lower() if match else ""
    for charset in ("utf-8", *({named} & _CHARSETS)):
        try:
            return {"body": data.decode(charset)}
        except UnicodeDecodeError:
            continue
    return {"body_base64": base64.b64encode(data).decode()}


def decoder() -> codecs.IncrementalDecoder:
    """Return what turns pieces into text, characters across their borders kept whole."""
    return codecs.getincrementaldecoder("utf-8")("replace")
