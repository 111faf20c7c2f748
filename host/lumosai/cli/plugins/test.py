"""``lumos plugin test``: the plugin's own tests, on its sources and on what is built from them."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from lumosai.cli import style
from lumosai.cli.exits import FAILURE, OK
from lumosai.cli.output import tell
from lumosai.cli.plugins.making import make
from lumosai.cli.plugins.progress import Clock, steps
from lumosai.cli.plugins.source import Source, source
from lumosai_sdk.errors import InputError, LumosError
from lumosai_sdk.manifest import FILE_NAME

_NEEDED = ("pytest", "pytest_asyncio")


def run(arguments: argparse.Namespace) -> int:
    """Build the plugin where that is asked for, run its tests. Raises LumosError when it cannot come to that."""
    where = source(Path(arguments.folder))
    both = arguments.runtime in {None, "both"}
    runtimes = where.runtimes if both else (where.chosen(arguments.runtime),)
    if lacking := [n for n in _NEEDED if find_spec(n) is None]:
        names = " ".join(n.replace("_", "-") for n in lacking)
        raise LumosError(f"tests need {' and '.join(lacking)}", hint=f"pip install {names}")
    options = []
    if "python" in runtimes:
        options += ["--lumos-native", str(where.native())]
    if "wasm" in runtimes:
        options += ["--lumos-wasm", str(_built(where, fresh=not arguments.no_build)), "--lumos-cache", _cache()]
    return _pytest(where, options, arguments.rest)


def _built(where: Source, *, fresh: bool) -> Path:
    """Return the folder of what was built. Raises LumosError."""
    if not fresh:
        if not (where.staged() / FILE_NAME).is_file():
            raise InputError("nothing was built before", hint="lumos plugin test, without --no-build")
        return where.staged()
    clock = Clock()
    with steps(f"building {where.manifest.name}") as told:
        made = make(where.folder, where.staged(), told, pack=False)
    tell(f"{style.paint('✓', style.GREEN, sys.stderr)} built in {clock}")
    return made.manifest.parent


def _cache() -> str:
    """Return where compiled code is kept, so that tests need not compile what was compiled before."""
    from lumosai_sandbox.artefacts.cache import location

    return str(location(None).parent)


def _pytest(where: Source, options: list[str], rest: list[str]) -> int:
    tests = where.folder / "tests"
    if not tests.is_dir():
        raise InputError(f"{where.folder} has no folder tests", hint="lumos plugin new makes a plugin with tests")
    # -P: the folder it is called in has the package too, and comes first otherwise.
    command = [sys.executable, "-P", "-m", "pytest", "--import-mode=importlib", *options, str(tests), *rest]
    done = subprocess.run(command, env=_environment(where), check=False)  # noqa: S603 - this interpreter
    return OK if done.returncode == 0 else FAILURE


def _environment(where: Source) -> dict[str, str]:
    """Return the environment of the tests, which import the plugin's package from where the host has it."""
    paths = [str(where.native().parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
