"""Reading and listing."""

from __future__ import annotations

import codecs
import itertools
import os
from typing import TypedDict

from lumosai_plugins.files.places import Place, Places
from lumosai_plugins.files.walk import folder, kind, regular_file, told
from lumosai_sdk import ToolError

MAX_ENTRIES = 1000


class Text(TypedDict):
    """A piece of a text file. ``next_offset`` is where the next piece begins, ``size`` where the file ends."""

    path: str
    size: int
    next_offset: int
    truncated: bool
    text: str


class Entry(TypedDict):
    """One thing in a folder: its kind is ``file``, ``folder``, ``link`` or ``special file``."""

    name: str
    kind: str
    size: int


class Listing(TypedDict):
    """What is in a folder, by name."""

    path: str
    truncated: bool
    entries: list[Entry]


def read(place: Place, offset: int, limit: int) -> Text:
    """Return at most *limit* bytes of a text file from *offset* on. Raises ToolError."""
    if not place.parts:
        raise ToolError(f"{place.shown!r} is a folder; list it, or name a file in it")
    with (
        told(place),
        folder(place, place.parts[:-1]) as above,
        regular_file(above, place.parts[-1], place.shown) as opened,
    ):
        size = os.fstat(opened).st_size
        data = read_at(opened, offset, limit)
    text, used = decode(data, place.shown, whole=offset + len(data) >= size)
    end = offset + used
    return {"path": place.shown, "size": size, "next_offset": end, "truncated": end < size, "text": text}


def read_at(opened: int, offset: int, limit: int) -> bytes:
    """Return *limit* bytes from *offset*, or as many as there are. Raises OSError."""
    data = bytearray()
    while len(data) < limit and (piece := os.pread(opened, limit - len(data), offset + len(data))):
        data += piece
    return bytes(data)


def decode(data: bytes, shown: str, *, whole: bool) -> tuple[str, int]:
    """Return text and how many bytes of *data* it took, a character cut at the end left for later. Raises ToolError."""
    if b"\0" in data:
        raise ToolError(f"{shown!r} is no text: it has NUL bytes in it")
    try:
        text, used = codecs.utf_8_decode(data, "strict", whole)
    except UnicodeDecodeError:
        raise ToolError(f"{shown!r} is no text in UTF-8") from None
    return text, used


def listing(place: Place, places: Places) -> Listing:
    """Return what is in a folder. Raises ToolError."""
    with told(place), folder(place) as opened:
        with os.scandir(opened) as found:
            names = (e.name for e in found if places.visible(e.name))
            first = sorted(itertools.islice(names, MAX_ENTRIES + 1))
        entries = [entry for name in first[:MAX_ENTRIES] if (entry := _entry(opened, name))]
    return {"path": place.shown, "truncated": len(first) > MAX_ENTRIES, "entries": entries}


def _entry(opened: int, name: str) -> Entry | None:
    try:
        status = os.stat(name, dir_fd=opened, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return {"name": printable(name), "kind": kind(status.st_mode), "size": status.st_size}


def printable(name: str) -> str:
    """Return a file name as it can be sent: names on disk need not be Unicode."""
    return name.encode("utf-8", "replace").decode()
