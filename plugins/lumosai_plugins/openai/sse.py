"""Server-sent events, byte by byte (WHATWG HTML, section 9.2.6): only the data of events, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lumosai_sdk.errors import ModelResponseError

MAX_EVENT = 8 * 1024 * 1024
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class EventParser:
    """Cuts a stream into the data of its events, however the bytes are split. Comments and other fields are dropped."""

    def __init__(self, max_event: int = MAX_EVENT) -> None:
        self._max = max_event
        self._tail = bytearray()
        self._data: list[bytes] = []
        self._size = 0
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Yield the data of the events that *chunk* completes. Raises ModelResponseError when one grows too large."""
        if b"\n" not in chunk and b"\r" not in chunk and not self._tail.endswith(b"\r"):
            self._tail += chunk
            self._check(len(self._tail))
            return
        for line in self._lines(chunk):
            if line:
                self._take(line)
            elif self._data:
                yield self._event()

    def close(self) -> Iterator[str]:
        """Yield the data of an event that lacked only its end, as some servers' last one does."""
        yield from self.feed(b"\n\n")

    def _lines(self, chunk: bytes) -> list[bytes]:
        held = bytes(self._tail) + chunk
        # A carriage return at the very end may be the first half of a line end: it waits for the next chunk.
        whole, waiting = (held[:-1], b"\r") if held.endswith(b"\r") else (held, b"")
        lines = _LINE_END.split(whole) if b"\r" in whole else whole.split(b"\n")
        self._tail = bytearray(lines.pop() + waiting)
        self._check(len(self._tail))
        if lines and not self._begun:
            self._begun = True
            lines[0] = lines[0].removeprefix(_BOM)
        return lines

    def _take(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._size += len(value) + 1
            self._check(self._size)
            self._data.append(value.removeprefix(b" "))

    def _event(self) -> str:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        self._data = []
        self._size = 0
        return data.decode(errors="replace")

    def _check(self, size: int) -> None:
        if size > self._max:
            raise ModelResponseError(f"the server sent an event of more than {self._max} bytes")
