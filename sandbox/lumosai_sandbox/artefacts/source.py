"""What was handed in as a component: read once, bounded, and recognised by its first bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lumosai_sandbox.engine.errors import UnfitError

MAX_WASM = 64 * 1024 * 1024
_WASM = b"\0asm"
_COMPONENT = b"\x0d\0\1\0"
_MODULE = b"\1\0\0\0"
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x7fELF", "precompiled code, which is never accepted from outside: give the component it was made from"),
    (b"(", "WebAssembly in text form, which has to be assembled first"),
    (b"PK", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"<", "a page or document"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a component, and their SHA-256 in hex."""

    wasm: bytes
    digest: str


def read(wasm: Path | bytes) -> Source:
    """Return what is to be compiled, read now and never again. Raises UnfitError in words for what is no component."""
    data = wasm if isinstance(wasm, bytes) else _file(wasm)
    if len(data) > MAX_WASM:
        raise UnfitError(f"it is larger than {MAX_WASM >> 20} MiB")
    if found := _other(data):
        raise UnfitError(f"{found}")
    return Source(data, hashlib.sha256(data).hexdigest())


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as f:
            return f.read(MAX_WASM + 1)
    except OSError as e:
        raise UnfitError(f"it cannot be read: {e.strerror}") from None


def _other(data: bytes) -> str | None:
    """Return what *data* is if it is no component."""
    if data[:4] == _WASM:
        if data[4:8] == _COMPONENT:
            return None
        if data[4:8] == _MODULE:
            return "a core module, not a component: build it as one (`lumos plugin build`)"
        return "WebAssembly of a version not known here, not a component"
    what = next((words for magic, words in _OTHERS if data.startswith(magic)), None)
    return f"{what or ('nothing' if not data else 'no WebAssembly')}, not a component"
