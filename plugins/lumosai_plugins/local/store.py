"""Where embedded models are kept, and which of them are there whole.

A file is believed only under its final name, and it gets that name by an atomic rename after its bytes were checked and
flushed: a process killed half way leaves a temporary file that nobody reads.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lumosai_plugins.local.catalog import CATALOG, EmbeddedModel, ModelFile
from lumosai_plugins.local.errors import BadModelFileError, ModelFolderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

ENV_FOLDER = "LUMOS_MODELS"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """An embedded model and how it stands here: ``bytes`` is what there is, ``model.size`` what there should be."""

    model: EmbeddedModel
    folder: Path
    installed: bool
    bytes: int

    def to_json(self) -> dict[str, Any]:
        return {
            "id": f"local/{self.model.id}",
            "description": self.model.description,
            "licence": self.model.licence,
            "installed": self.installed,
            "size": self.model.size,
            "folder": str(self.folder),
        }


def models_folder(setting: str | Path | None = None) -> Path:
    """Return the model folder: ``LUMOS_MODELS``, else the setting, else ``lumosai/models`` in the user's data."""
    if chosen := os.environ.get(ENV_FOLDER) or setting:
        return Path(chosen).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME") or ""
    base = Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share"
    return base / "lumosai" / "models"


def list_models(folder: Path | None = None) -> list[InstalledModel]:
    """Return every embedded model with whether it is installed. Looks at names and sizes only, so it is quick."""
    root = folder or models_folder()
    return [_look(model, root / model.id) for model in CATALOG.values()]


def is_installed(model: EmbeddedModel, folder: Path) -> bool:
    """Tell whether every file of the model is there with its right size."""
    return _look(model, folder / model.id).installed


def _look(model: EmbeddedModel, folder: Path) -> InstalledModel:
    sizes = [_size(folder / f.name) for f in model.files]
    whole = all(size == f.size for size, f in zip(sizes, model.files, strict=True))
    return InstalledModel(model, folder, whole, sum(sizes))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def checked_path(model: EmbeddedModel, name: str, folder: Path) -> Path:
    """Return the path of a model file whose content was just compared with its pinned sha256.

    The engines parse these files in native code, so a file that was damaged or swapped must not reach them.
    Raises BadModelFileError.
    """
    wanted = model.file(name)
    path = folder / model.id / name
    try:
        with path.open("rb") as f:
            digest = _sha256(f)
    except OSError as e:
        raise BadModelFileError(model.id, path, f"cannot be read ({e.strerror})") from None
    if digest != wanted.sha256:
        raise BadModelFileError(model.id, path, "is damaged or was replaced: its sha256 is not the pinned one")
    return path


def _sha256(f: BufferedReader) -> str:
    from hashlib import file_digest

    return file_digest(f, "sha256").hexdigest()


@contextmanager
def model_lock(model: EmbeddedModel, folder: Path) -> Iterator[Path]:
    """Hold the one lock on pulling ``model`` on this machine and yield its folder. The system frees it if we die.

    Raises ModelFolderError when the folder cannot be written.
    """
    home = folder / model.id
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(home / ".lock", os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as e:
        raise ModelFolderError(home, e.strerror or str(e)) from None
    try:
        _lock(fd)
        yield home
    finally:
        os.close(fd)


def _lock(fd: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        _lock_windows(fd)
    else:
        fcntl.flock(fd, fcntl.LOCK_EX)


def _lock_windows(fd: int) -> None:
    import importlib
    import time

    msvcrt: Any = importlib.import_module("msvcrt")
    while True:
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            time.sleep(0.2)
        else:
            return


def keep(source: IO[bytes], wanted: ModelFile, home: Path, scratch: Path) -> None:
    """Copy ``source`` to its final name in ``home`` if, and only if, it is byte for byte the wanted file.

    Reads at most one byte more than the pinned size. Raises ValueError saying what differs.
    """
    from hashlib import sha256

    digest, left = sha256(), wanted.size
    part = scratch / f"{wanted.name}.part"
    with part.open("xb") as out:
        while chunk := source.read(min(_CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                break
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if left:
        raise ValueError(f"{wanted.name} has not {wanted.size} bytes")
    if digest.hexdigest() != wanted.sha256:
        raise ValueError(f"{wanted.name} has the wrong sha256")
    part.replace(home / wanted.name)
    _sync_folder(home)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
