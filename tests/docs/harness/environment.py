"""An environment like a reader's: LumosAI and its dependencies are installed, nobody's plugins are.

The environment is shared by the pages. What a page installs goes into a folder of its own, first on the path.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
HARNESS = Path(__file__).parent
# Not the plugin of this repository, which the lessons install, nor the plugins of pytest that only its tests use.
LEFT_OUT = ("lumosai_moon", "__pycache__", "hypothesis", "pytest_cov", "pytest_xdist", "schemathesis", "xdist")
_PIP = """\
#!{python} -I
import os, sys
words = [w for w in sys.argv[1:] if w != "-y"]
offline = ["--offline", "--no-deps", "--no-build-isolation"] if words[0] == "install" else []
offline = [option for option in offline if option not in words]
where = ["--python", {python!r}, "--target", os.environ["SITE"]]
os.execv({uv!r}, ["uv", "pip", words[0], "-q", *where, *offline, *words[1:]])
"""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the environment is, and the socket at which commands are run in it."""

    binaries: Path
    cache: Path
    socket: str

    def variables(self, home: Path, site: Path) -> dict[str, str]:
        """Return the environment variables of a reader who has set none, and whose packages go to *site*."""
        return {
            "PATH": os.pathsep.join([str(self.binaries), os.environ.get("PATH", "")]),
            "HOME": str(home),
            "PYTHONPATH": str(site),
            "SITE": str(site),
            "LUMOS_RUNNER": self.socket,
            "LUMOS_CACHE": str(site.parent / "cache"),
            "UV_CACHE_DIR": str(self.cache / "uv"),
            "COLUMNS": "100",
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "TERM": "dumb",
            "TZ": "UTC",
        }


@contextmanager
def opened(folder: Path) -> Iterator[Environment]:
    """Make the environment in *folder*, and run commands in it until the end."""
    binaries = _made(folder / "venv")
    with tempfile.TemporaryDirectory(prefix="lumos-") as short:  # a socket's path has room for 100 characters
        socket = f"{short}/s"
        command = [str(binaries / "python"), str(HARNESS / "runner.py"), socket]
        runner = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            _wait_for(Path(socket), runner)
            yield Environment(binaries, folder, socket)
        finally:
            runner.terminate()
            runner.wait()


def _made(folder: Path) -> Path:
    """Make it of links, not copies: it is there in an instant."""
    venv.create(folder, symlinks=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.lstrip("_").startswith(LEFT_OUT) and entry.name not in LEFT_OUT:
            (site / entry.name).symlink_to(entry)
    binaries = Path(sysconfig.get_path("scripts", vars={"base": str(folder)}))
    python = str(binaries / "python")
    # Through ours: whoever looks where a program comes from, to let it read that, finds the packages too.
    Path(python).unlink()
    Path(python).symlink_to(sys.executable)
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    _script(binaries / "pip", _PIP.format(python=python, uv=uv))
    _script(binaries / "lumos", f"#!{python} -IS\n{(HARNESS / 'client.py').read_text(encoding='utf-8')}")
    return binaries


def _script(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _wait_for(socket: Path, runner: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not socket.exists():
        if runner.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the runner of commands did not start")
        time.sleep(0.02)
