"""Writing: the whole new file beside the old one, then in its place. A reader sees the one or the other."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from typing import TypedDict

from lumosai_plugins.files.places import Place
from lumosai_plugins.files.walk import check_regular, folder, told
from lumosai_sdk import ToolError

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
_PERMISSIONS = stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO


class Written(TypedDict):
    """What was written."""

    path: str
    size: int
    replaced: bool


def write(place: Place, content: str, *, overwrite: bool) -> Written:
    """Write a file, its folders made on the way. Raises ToolError."""
    if not place.parts:
        raise ToolError(f"{place.shown!r} is a folder; name a file in it")
    data = content.encode("utf-8", "replace")
    with told(place), folder(place, place.parts[:-1], make=True) as above:
        name = place.parts[-1]
        old = _existing(above, name, place.shown)
        if old is not None and not overwrite:
            raise _exists(place)
        temporary = f".{secrets.token_hex(8)}.lumos-new"
        try:
            _fill(above, temporary, data, old)
            _publish(above, temporary, name, place, overwrite=overwrite)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=above)
        os.fsync(above)
    return {"path": place.shown, "size": len(data), "replaced": old is not None}


def _exists(place: Place) -> ToolError:
    return ToolError(f"{place.shown!r} exists; set overwrite to replace it")


def _existing(above: int, name: str, shown: str) -> os.stat_result | None:
    try:
        status = os.stat(name, dir_fd=above, follow_symlinks=False)
    except FileNotFoundError:
        return None
    check_regular(status, shown)
    return status


def _fill(above: int, temporary: str, data: bytes, old: os.stat_result | None) -> None:
    with open(os.open(temporary, _NEW, 0o666, dir_fd=above), "wb") as file:  # noqa: PTH123 - a descriptor
        if old is not None:
            # Who might read and run the old one may the new one; nobody gets to be somebody else by it.
            os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode) & _PERMISSIONS)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _publish(above: int, temporary: str, name: str, place: Place, *, overwrite: bool) -> None:
    if overwrite:
        os.replace(temporary, name, src_dir_fd=above, dst_dir_fd=above)
        return
    try:
        # Unlike a rename, a link does not replace what somebody else made there meanwhile.
        os.link(temporary, name, src_dir_fd=above, dst_dir_fd=above, follow_symlinks=False)
    except FileExistsError:
        raise _exists(place) from None
    except OSError as e:
        if e.errno not in _NO_LINKS:
            raise
        os.close(os.open(name, _NEW, 0o666, dir_fd=above))
        os.replace(temporary, name, src_dir_fd=above, dst_dir_fd=above)
