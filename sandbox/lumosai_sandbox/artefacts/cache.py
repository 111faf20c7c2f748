"""Compiled code, kept: found again by what it was compiled from and for, and believed only if this user signed it.

wasmtime runs whatever it is handed as compiled code. So an entry is a file of code, and a small file that holds the
code's SHA-256 and the shape under an HMAC which also covers the entry's name: no byte of either can be changed, no
entry pass for another one. The key lies in the same folder, which nobody else may open. What is wrong with an entry
makes it one that is not there.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from lumosai_sandbox.artefacts.artefact import Artefact, digest_of, identity
from lumosai_sandbox.artefacts.folder import TEMPORARY, Folder
from lumosai_sandbox.artefacts.shape import MAX_JSON, Shape

MAX_SIZE = 2 * 1024**3
"""Bytes of all entries; those unused longest go first."""
STALE = 3600.0
"""Seconds after which an unfinished file is nobody's any more."""
_FORM = 1
"""Of what is signed, and of what a shape says."""
_MAC = 64
_ENTRY = ".entry"
_CODE = ".code"


def location(base: Path | None = None) -> Path:
    """Return the folder of compiled code: below *base*, ``$LUMOS_CACHE``, or the user's cache folder."""
    told = os.environ.get("LUMOS_CACHE")
    if base is None and told:
        base = Path(told)
    if base is None:
        home = os.environ.get("XDG_CACHE_HOME")
        base = (Path(home) if home else Path.home() / ".cache") / "lumosai"
    return base / "wasm"


@cache
def substitute() -> Path:
    """Return a folder for this process alone, for when the proper one is not to be had."""
    import atexit
    import shutil
    import tempfile

    made = Path(tempfile.mkdtemp(prefix="lumosai-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made / "wasm"


def entry_name(digest: str, fingerprint: str) -> str:
    """Return the name of the entry for a component (SHA-256) compiled for an engine."""
    return hashlib.sha256(f"{_FORM} {digest} {fingerprint}".encode()).hexdigest()


def find(folder: Folder, digest: str, fingerprint: str) -> Artefact | None:
    """Return the entry, its code verified; None if there is none that is sound."""
    name = entry_name(digest, fingerprint)
    signed = folder.read(name + _ENTRY, MAX_JSON + 4096)
    if signed is None or not hmac.compare_digest(signed[:_MAC], _mac(folder.key(), name, signed[_MAC:])):
        return None
    told = json.loads(signed[_MAC:])
    artefact = _verified(folder, name, digest, told["code"], told["shape"])
    if artefact is not None:
        with suppress(OSError):
            os.utime(name + _ENTRY, dir_fd=folder.fd, follow_symlinks=False)
    return artefact


def _verified(folder: Folder, name: str, digest: str, code: str, shape: str) -> Artefact | None:
    fd = folder.opened(_code(name, code))
    if fd is None:
        return None
    try:
        if digest_of(fd) != code:
            return None
        seen = identity(os.fstat(fd))
    finally:
        os.close(fd)
    return Artefact(folder.path / _code(name, code), digest, Shape.load(shape.encode()), code, [seen])


def store(folder: Folder, fd: int, temporary: str, *, digest: str, fingerprint: str, shape: Shape) -> Artefact:
    """Make an entry of a finished file of code (see ``Folder.create``) and return it. Raises OSError."""
    name, code = entry_name(digest, fingerprint), digest_of(fd)
    folder.keep(fd, temporary, _code(name, code))
    payload = json.dumps({"code": code, "shape": shape.dump().decode()}).encode()
    folder.write(name + _ENTRY, _mac(folder.key(), name, payload) + payload)
    path = folder.path / _code(name, code)
    evict(folder, keep=name)
    return Artefact(path, digest, shape, code, [identity(os.fstat(fd))])


def _code(name: str, code: str) -> str:
    # Named by its content too: of two processes that compile at once, neither replaces what the other has signed.
    return f"{name}-{code[:16]}{_CODE}"


def _mac(key: bytes, name: str, payload: bytes) -> bytes:
    return hmac.new(key, f"{_FORM} {name}\n".encode() + payload, hashlib.sha256).hexdigest().encode()


def evict(folder: Folder, *, keep: str = "", size: int = MAX_SIZE) -> None:
    """Remove the entries unused longest until the others have at most *size* bytes, and what was never finished."""
    entries: dict[str, list[tuple[str, int]]] = {}
    used: dict[str, float] = {}
    for found in os.scandir(folder.fd):
        with suppress(OSError):
            about = found.stat(follow_symlinks=False)
            if found.name.startswith(TEMPORARY):
                if time.time() - about.st_mtime > STALE:
                    folder.remove(found.name)
            elif found.name.endswith((_ENTRY, _CODE)):
                entry = found.name[:64]
                entries.setdefault(entry, []).append((found.name, about.st_size))
                used[entry] = max(used.get(entry, 0.0), about.st_mtime)
    _shrink(folder, entries, sorted((e for e in entries if e != keep), key=lambda e: used[e]), size)


def _shrink(folder: Folder, entries: dict[str, list[tuple[str, int]]], oldest: list[str], most: int) -> None:
    total = sum(size for files in entries.values() for _, size in files)
    for entry in oldest:
        if total <= most:
            return
        for name, size in entries[entry]:
            with suppress(OSError):
                folder.remove(name)
            total -= size
