"""Reading a response's body: never more of it in memory than was allowed, however small it came over the wire."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from lumosai_sdk import ToolError

_GZIP = 16 + zlib.MAX_WBITS
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
# Python knows codecs that are no character sets (zlib, idna, unicode_escape), and slow ones among them.
_CHARSETS = frozenset(
    {
        *("utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be"),
        *("iso-8859-1", "latin-1", "latin1", "iso-8859-2", "iso-8859-15"),
        *("windows-1250", "windows-1251", "windows-1252", "koi8-r"),
        *("shift_jis", "euc-jp", "iso-2022-jp", "gbk", "gb2312", "gb18030", "big5", "euc-kr"),
    }
)
_SNIFFED = 8192
_TEXT = re.compile(
    r"^(?:text/.*|application/(?:.*\+)?(?:json|xml)|application/(?:x-)?(?:javascript|ndjson|yaml|toml))$"
)


@dataclass(frozen=True, slots=True)
class Body:
    """As much of a body as was allowed."""

    data: bytes
    truncated: bool


async def read(chunks: AsyncIterator[bytes], encoding: str, limit: int) -> Body:
    """Return at most *limit* bytes of a body, unpacked. Raises ToolError for an encoding not asked for, or damaged."""
    unpack = _unpacker(encoding)
    data = bytearray()
    wire = 0
    async for chunk in chunks:
        wire += len(chunk)
        data += unpack(chunk, limit + 1 - len(data))
        if len(data) > limit or wire > limit:
            return Body(bytes(data[:limit]), truncated=True)
    return Body(bytes(data), truncated=False)


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return what takes a piece of the wire and a number of bytes, and gives no more than that many."""
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return lambda chunk, room: chunk[:room]
    if name not in {"gzip", "x-gzip"}:
        raise ToolError(f"the response is packed as {name[:40]!r}, which was not asked for")
    inner = zlib.decompressobj(_GZIP)

    def unpack(chunk: bytes, room: int) -> bytes:
        try:
            return inner.decompress(chunk, room)
        except zlib.error:
            raise ToolError("the response is damaged: its body cannot be unpacked") from None

    return unpack


def text(data: bytes, content_type: str) -> str | None:
    """Return a body as text, or None if it is none."""
    match = _CHARSET.search(content_type)
    charset = match[1].lower() if match and match[1].lower() in _CHARSETS else "utf-8"
    if b"\0" in data[:_SNIFFED] and not charset.startswith("utf-16"):
        return None
    if not media_type(content_type) or _TEXT.match(media_type(content_type)):
        return data.decode(charset, "replace")
    try:
        # Cut in the middle of a character it is still text.
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return None


def media_type(content_type: str) -> str:
    """Return the media type of a Content-Type header, at a length that can be shown."""
    return content_type.partition(";")[0].strip().lower()[:100]
