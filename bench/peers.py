"""The peers' own virtual environment, made from `requirements-peers.lock` and remade when that changes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
VENV: Final = HERE / ".venv-peers"
LOCK: Final = HERE / "requirements-peers.lock"
PYTHON: Final = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
INSTALL_SECONDS: Final = 900


class PeersError(Exception):
    """The peers could not be installed; the message says what failed and which command shows more."""


def ensure() -> Path:
    """Return the Python of the peers' environment, after making it if it is not there or not of this lock.

    Raises:
        PeersError: when uv is missing or an install fails.
    """
    stamp, wanted = VENV / ".ready", fingerprint()
    if PYTHON.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return PYTHON
    print(f"installing the peers into {VENV.relative_to(HERE.parent)} ...", file=sys.stderr)
    uv = find_uv()
    # uv writes a .gitignore of its own into the environment.
    command([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)])
    command([uv, "pip", "install", "--quiet", "--python", str(PYTHON), "--require-hashes", "-r", str(LOCK)])
    stamp.write_text(wanted, encoding="utf-8")
    return PYTHON


def fingerprint() -> str:
    """Return what the environment depends on: the lock and this interpreter."""
    return f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {sys.version}"


def find_uv() -> str:
    """Return the path of uv, from this environment or from PATH.

    Raises:
        PeersError: when there is none.
    """
    found = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if found is None:
        raise PeersError(f"the bench installs its peers with uv; get it with: {sys.executable} -m pip install uv")
    return found


def command(argv: list[str]) -> None:
    """Run one install step.

    Raises:
        PeersError: when it fails or takes longer than `INSTALL_SECONDS`.
    """
    try:
        subprocess.run(argv, check=True, timeout=INSTALL_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise PeersError(f"could not install the peers; see for yourself with: {' '.join(argv)}") from error
