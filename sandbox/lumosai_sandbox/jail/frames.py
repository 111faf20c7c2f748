"""What host and worker say to each other: a length, a kind, the call it is about, and what there is to say.

What a worker sends is hostile input: lengths are checked before anything is kept, texts before they are used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

HEAD = struct.Struct("=IBI")
_LENGTH = struct.Struct("=I")
HEAD_SIZE = HEAD.size
CHUNK = 64 * 1024
"""Bytes read at a time."""
MOST_TEXTS = 8

# From the host: a call (export, key, texts…), an answer to a call of the host, and that a call is given up.
CALL, ANSWER_OK, ANSWER_ERROR, CANCEL = 1, 2, 3, 4
# From the worker: born (with its pidfd), ready (JSON), a result, a failure (kind, words), a call of the host (function,
# texts…).
BORN, READY, OK, ERROR, FAILED, HOST = 16, 17, 18, 19, 20, 21


class BrokenFrameError(Exception):
    """What came is no frame, or a longer one than there may be."""


def frame(kind: int, call: int, payload: bytes = b"") -> bytes:
    """Return a frame with one text, or none."""
    return HEAD.pack(len(payload), kind, call) + payload


def texts_frame(kind: int, call: int, *texts: bytes) -> bytes:
    """Return a frame with several texts."""
    parts = [HEAD.pack(sum(map(len, texts)) + _LENGTH.size * len(texts), kind, call)]
    for text in texts:
        parts.append(_LENGTH.pack(len(text)))
        parts.append(text)
    return b"".join(parts)


def texts_of(payload: bytes) -> list[bytes]:
    """Return the texts of such a frame. Raises BrokenFrameError."""
    out: list[bytes] = []
    at, end = 0, len(payload)
    while at < end:
        if len(out) == MOST_TEXTS or at + _LENGTH.size > end:
            raise BrokenFrameError("texts that are none")
        start = at + _LENGTH.size
        at = start + _LENGTH.unpack_from(payload, at)[0]
        if at > end:
            raise BrokenFrameError("a text longer than its frame")
        out.append(payload[start:at])
    return out


class Reader:
    """Cuts what arrives into frames."""

    def __init__(self, longest: int) -> None:
        """Take frames of at most *longest* bytes."""
        self._longest = longest
        self._rest = b""
        self._parts: list[bytes] = []
        self._missing = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield kind, call and payload of every frame that *data* completes. Raises BrokenFrameError."""
        if self._parts:
            if len(data) < self._missing:
                self._parts.append(data)
                self._missing -= len(data)
                return
            data = b"".join([*self._parts, data])
            self._parts = []
        elif self._rest:
            data = self._rest + data
            self._rest = b""
        at, end = 0, len(data)
        while end - at >= HEAD_SIZE:
            length, kind, call = HEAD.unpack_from(data, at)
            if length > self._longest:
                raise BrokenFrameError(f"a frame of {length} bytes")
            start = at + HEAD_SIZE
            if start + length > end:
                self._parts = [data[at:]]
                self._missing = start + length - end
                return
            at = start + length
            yield kind, call, data[start:at]
        self._rest = data[at:]
