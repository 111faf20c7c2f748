"""Frames between siblings: four bytes of length, most significant first, then a JSON object."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import from_json

from lumosai.gateway.peers import bounds
from lumosai.gateway.peers.errors import FrameError
from lumosai.gateway.reply import dump

_HEAD = 4


def framed(body: bytes) -> bytes:
    """Return a frame of what is JSON already. Raises FrameError when that is too much."""
    if len(body) > bounds.FRAME_BYTES:
        raise FrameError(f"{len(body)} bytes are more than a frame holds")
    return len(body).to_bytes(_HEAD, "big") + body


def packed(message: Mapping[str, Any]) -> bytes:
    """Return a message as a frame. Raises FrameError when it is no JSON, or too much."""
    try:
        return framed(dump(message))
    except TypeError as e:
        raise FrameError(f"no JSON: {e}") from None


def note(name: str, **parts: bytes) -> bytes:
    """Return a frame that tells *name*; its *parts* are JSON already, so that what goes to many is written once."""
    inner = b",".join(b"%b:%b" % (dump(key), value) for key, value in parts.items())
    return framed(b'{"note":%b,"d":{%b}}' % (dump(name), inner))


def array(bodies: Iterable[bytes]) -> bytes:
    """Return a JSON array of what is JSON already."""
    return b"[%b]" % b",".join(bodies)


async def read(reader: asyncio.StreamReader) -> dict[str, Any]:
    """Return the next message. Raises FrameError for what is none, and EOFError at the end."""
    length = int.from_bytes(await reader.readexactly(_HEAD), "big")
    if length > bounds.FRAME_BYTES:
        raise FrameError(f"a frame of {length} bytes is announced")
    body = await reader.readexactly(length)
    message = _parsed(body)
    if not isinstance(message, dict):
        raise FrameError("a message is a JSON object")
    return message


def _parsed(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError as e:
        if b"\\ud" not in body:
            raise FrameError(f"no JSON: {e}") from None
    try:
        return json.loads(body)  # it takes half a surrogate pair too, which a model may have said
    except (ValueError, RecursionError) as e:
        raise FrameError(f"no JSON: {e}") from None
