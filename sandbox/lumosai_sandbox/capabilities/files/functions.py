"""The functions of ``files``, each done in a thread."""

from __future__ import annotations

import asyncio
import base64
import codecs
import contextlib
import itertools
import json
import os
import secrets
import stat
from typing import Any

from lumosai_sandbox.capabilities import arguments
from lumosai_sandbox.capabilities.arguments import limit
from lumosai_sandbox.capabilities.files.opening import APPEND, FOLDER, READ, check_regular, folder, open_below, told
from lumosai_sandbox.capabilities.files.places import Place, Places
from lumosai_sandbox.capabilities.plugin import Functions, Rights
from lumosai_sdk.errors import ConflictError, InputError
from lumosai_sdk.types.caller import Caller

MAX_PIECE = 1024 * 1024
MAX_FILE = 64 * 1024 * 1024
"""Bytes of a file that is appended to."""
MAX_ENTRIES = 1000
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
_PERMISSIONS = stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO
_READ = frozenset({"encoding", "offset", "limit"})
_WRITE = frozenset({"encoding", "append"})


class Files:
    """The files of one plugin."""

    def __init__(self, rights: Rights) -> None:
        self._places = Places(rights)

    def functions(self) -> Functions:
        return {"files.read": (2, self._read), "files.write": (3, self._write), "files.list-folder": (1, self._list)}

    async def _read(self, _: Caller, path: str, options: str) -> str:
        place = self._places.find(path, "read")
        given = arguments.fields(options, "options", _READ, may_be_empty=True)
        packed = _is_packed(given)
        offset = arguments.whole(given, "offset", 0, 0, 2**53)
        most = arguments.whole(given, "limit", MAX_PIECE, 1, MAX_PIECE)
        data = await asyncio.to_thread(_bytes, place, offset, most, whole="limit" not in given)
        text = base64.b64encode(data).decode() if packed else _text(data, place, cut="limit" in given)
        return json.dumps(text, ensure_ascii=False)

    async def _write(self, _: Caller, path: str, content: str, options: str) -> str:
        place = self._places.find(path, "write")
        given = arguments.fields(options, "options", _WRITE, may_be_empty=True)
        data = arguments.unpacked(content, "content") if _is_packed(given) else content.encode("utf-8", "replace")
        if len(data) > MAX_PIECE:
            raise limit(f"at most {MAX_PIECE} bytes are written at a time")
        if not place.parts:
            raise InputError("name a file in the folder")
        await asyncio.to_thread(_append if arguments.truth(given, "append") else _replace, place, data)
        return "null"

    async def _list(self, _: Caller, path: str) -> str:
        return json.dumps(await asyncio.to_thread(_entries, self._places.find(path, "read")))


def _is_packed(options: dict[str, Any]) -> bool:
    encoding = arguments.text(options, "encoding", "utf-8")
    if encoding not in {"utf-8", "base64"}:
        raise InputError("'encoding' is utf-8 or base64")
    return encoding == "base64"


def _bytes(place: Place, offset: int, most: int, *, whole: bool) -> bytes:
    with told(place), open(open_below(place, READ), "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
        check_regular(os.fstat(file.fileno()), place.shown)
        file.seek(offset)
        data = bytearray()
        while len(data) <= most and (piece := file.read(most + 1 - len(data))):
            data += piece
    if whole and len(data) > most:
        raise limit(f"{place.shown!r} is larger than {most} bytes; read it in parts, with 'offset' and 'limit'")
    return bytes(data[:most])


def _text(data: bytes, place: Place, *, cut: bool) -> str:
    """Return a file's text; one that was *cut* may end in the middle of a character, which is left out."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, final=not cut)
    except UnicodeDecodeError:
        raise InputError(f"{place.shown!r} is no UTF-8 text (there); read it with the encoding base64") from None


def _replace(place: Place, data: bytes) -> None:
    """Write the new file beside the old one, then in its place: a reader sees the one or the other."""
    with told(place), folder(place, place.parts[:-1], make=True) as above:
        name, temporary = place.parts[-1], f".{secrets.token_hex(8)}.lumos-new"
        old = _status(above, name)
        if old is not None:
            _check_replaceable(old, place.shown)
        try:
            with open(os.open(temporary, _NEW, 0o666, dir_fd=above), "wb") as file:  # noqa: PTH123 - a descriptor
                if old is not None:
                    # Who might read and run the old one may the new one; nobody gets to be somebody else by it.
                    os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode) & _PERMISSIONS)
                file.write(data)
            os.replace(temporary, name, src_dir_fd=above, dst_dir_fd=above)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=above)
            raise


def _append(place: Place, data: bytes) -> None:
    with told(place):
        try:
            opened = open_below(place, APPEND)
        except FileNotFoundError:
            _replace(place, data)
            return
        with open(opened, "ab", buffering=0) as file:  # noqa: PTH123 - a descriptor
            status = os.fstat(file.fileno())
            _check_replaceable(status, place.shown)
            if status.st_nlink > 1:
                # What else it is called may lie outside; a file that is replaced leaves the other name alone.
                raise ConflictError(f"{place.shown!r} has other names (hard links); it is not appended to")
            if status.st_size + len(data) > MAX_FILE:
                raise limit(f"a file that is appended to has at most {MAX_FILE} bytes")
            file.write(data)


def _check_replaceable(status: os.stat_result, shown: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise ConflictError(f"{shown!r} is a folder")
    check_regular(status, shown)


def _status(above: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=above, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _entries(place: Place) -> list[dict[str, Any]]:
    with told(place):
        opened = open_below(place, FOLDER)
        try:
            with os.scandir(opened) as found:
                entries = list(itertools.islice(found, MAX_ENTRIES + 1))
                shown = [_entry(e) for e in entries if not e.name.startswith(".")]
        finally:
            os.close(opened)
    if len(entries) > MAX_ENTRIES:
        raise limit(f"{place.shown!r} has more than {MAX_ENTRIES} entries")
    return sorted((e for e in shown if e is not None), key=lambda e: str(e["name"]))


def _entry(entry: os.DirEntry[str]) -> dict[str, Any] | None:
    """Return what is told of an entry; links, pipes and what has gone meanwhile are left out."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    name = os.fsencode(entry.name).decode("utf-8", "replace")
    if stat.S_ISDIR(status.st_mode):
        return {"name": name, "kind": "folder", "size": 0}
    return {"name": name, "kind": "file", "size": status.st_size} if stat.S_ISREG(status.st_mode) else None
