"""What a WebAssembly component imports and exports, read off its binary form; none of it is compiled or run.

Source: the component model's binary format (WebAssembly/component-model, Binary.md): preamble, sections, and in them
names in front of indices. What is nested is skipped: a component inside of another has what the outer one hands it.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_SECTIONS = 50_000
MAX_NAMES = 1000
MAX_NAME = 256
_PREAMBLE = b"\0asm\x0d\0\1\0"
_LAST_SECTION = 12
_IMPORT, _EXPORT = 10, 11
_CORE, _VALUE, _TYPE = 0, 2, 3
_MODULE = 0x11
_SORTS = 5
_MAX_LEB = 5


class MalformedError(ValueError):
    """The bytes are no component; the message says why."""


@dataclass(frozen=True, slots=True)
class Interfaces:
    """Full names, ``lumos:plugin/kv@1.0.0``, sorted."""

    imports: tuple[str, ...]
    exports: tuple[str, ...]


def read(wasm: bytes) -> Interfaces:
    """Return what a component imports and exports. Raises MalformedError."""
    if not wasm.startswith(_PREAMBLE):
        raise MalformedError("it is no component" + (", but a core module" if wasm.startswith(_PREAMBLE[:4]) else ""))
    names: dict[int, list[str]] = {_IMPORT: [], _EXPORT: []}
    cursor = _Cursor(wasm, len(_PREAMBLE), len(wasm))
    for _ in range(MAX_SECTIONS):
        if cursor.at == cursor.end:
            return Interfaces(*(tuple(sorted(found)) for found in names.values()))
        kind, body = cursor.byte(), cursor.sub(cursor.number())
        if kind > _LAST_SECTION:
            raise MalformedError(f"it has a section of the unknown kind {kind}")
        if kind in names:
            _section(kind, body, names[kind])
    raise MalformedError(f"it has more than {MAX_SECTIONS} sections")


def _section(kind: int, body: _Cursor, into: list[str]) -> None:
    for _ in range(body.number()):
        into.append(body.name())
        if len(into) > MAX_NAMES:
            raise MalformedError(f"it has more than {MAX_NAMES} imports or exports")
        _import_type(body) if kind == _IMPORT else _export_target(body)
    if body.at != body.end:
        raise MalformedError("a section of it is longer than what it holds")


def _import_type(body: _Cursor) -> None:
    """Step over an ``externdesc``."""
    sort = body.byte()
    if sort == _CORE and body.byte() != _MODULE:
        raise MalformedError("it imports something of an unknown kind")
    if sort > _SORTS or sort == _VALUE:
        raise MalformedError("it imports or exports something of an unknown kind")
    if sort == _TYPE and body.byte() != 0:  # a new type: no index
        return
    body.number()


def _export_target(body: _Cursor) -> None:
    """Step over a ``sortidx`` and an optional ``externdesc``."""
    if body.byte() == _CORE:
        body.byte()
    body.number()
    if body.byte():
        _import_type(body)


class _Cursor:
    """A place in bytes, and where to stop."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data = data
        self.at = at
        self.end = end

    def byte(self) -> int:
        if self.at >= self.end:
            raise MalformedError("it is cut off")
        self.at += 1
        return self._data[self.at - 1]

    def number(self) -> int:
        """Return an unsigned LEB128 of at most 32 bits."""
        value = 0
        for place in range(_MAX_LEB):
            byte = self.byte()
            value |= (byte & 0x7F) << 7 * place
            if not byte & 0x80:
                return value
        raise MalformedError("it has a number of more than 32 bits")

    def sub(self, size: int) -> _Cursor:
        """Return a cursor over the next *size* bytes, and step over them."""
        if size > self.end - self.at:
            raise MalformedError("a section of it reaches beyond its end")
        self.at += size
        return _Cursor(self._data, self.at - size, self.at)

    def name(self) -> str:
        if self.byte() > 1:
            raise MalformedError("it has a name of an unknown form")
        size = self.number()
        if size > min(MAX_NAME, self.end - self.at):
            raise MalformedError(f"it has a name of more than {MAX_NAME} bytes")
        self.at += size
        try:
            return self._data[self.at - size : self.at].decode()
        except UnicodeDecodeError:
            raise MalformedError("it has a name that is not UTF-8") from None
