"""SQLite's errors, told with what to do about them."""

from __future__ import annotations

import shlex
import sqlite3
from pathlib import Path

from lumosai_sdk.errors import StorageError

_ROW_ERRORS = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ArithmeticError,
    TypeError,
    ValueError,
)
_KEPT = "what was taken stays queued and is written as soon as that is mended"


def code_of(error: BaseException) -> str:
    """Return SQLite's primary result code, such as ``BUSY`` or ``IOERR``; empty when it is not SQLite's."""
    name = getattr(error, "sqlite_errorname", None) or ""
    return name.removeprefix("SQLITE_").split("_")[0]


def explain(path: Path, error: BaseException) -> StorageError:
    """Return the error to raise for one of SQLite's, or the system's."""
    quoted = shlex.quote(str(path))
    code = code_of(error)
    if code in {"CORRUPT", "NOTADB"}:
        return damaged(path, str(error))
    if code in {"BUSY", "LOCKED", "PROTOCOL"}:
        return StorageError(f"{path} is locked by another process", hint=f"find it with: fuser {quoted}; {_KEPT}")
    if code == "FULL":
        return StorageError(f"no space to write {path}", hint=f"free some: df -h {quoted}; {_KEPT}")
    if code in {"READONLY", "CANTOPEN", "PERM", "AUTH"} or isinstance(error, PermissionError):
        return StorageError(
            f"{path} cannot be written ({error})",
            hint=f"let this user write the file and its folder, or set path in [plugins.sqlite.settings]; see: "
            f"ls -ld {shlex.quote(str(path.parent))} {quoted}",
        )
    return StorageError(f"{path}: {error}", hint=f"look at the disk: df -h {quoted}, dmesg; {_KEPT}")


def damaged(path: Path, why: str) -> StorageError:
    """Return the error for a file that is not a database, or a broken one."""
    quoted = shlex.quote(str(path))
    return StorageError(
        f"{path} is damaged, or not a SQLite database ({why}); it was left as it is",
        hint="stop the host, then restore a backup, or save what can be read with: "
        f"sqlite3 {quoted} .recover | sqlite3 recovered.db; or move the file away to start with an empty one",
    )


def blames_row(error: BaseException) -> bool:
    """Tell whether a write can never succeed, whatever becomes of the disk or of other processes."""
    return isinstance(error, _ROW_ERRORS)
