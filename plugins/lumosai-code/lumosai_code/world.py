"""What is different about the world that a program runs in: there are no files, no waiting, and nothing to load.

The sandbox ends a guest that asks an operating system for anything, as there is none. So that a program is told, and
not ended, the functions that would ask say so instead. None of this guards anything: the sandbox does.
"""

from __future__ import annotations

import builtins
import io
import logging
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from importlib.machinery import BuiltinImporter, FrozenImporter, SourceFileLoader
from typing import Any, NoReturn, Self

from lumosai_code.modules import AVAILABLE
from lumosai_sdk import LumosError

DEEPEST = 10_000
"""Calls within calls; more of them would take all memory."""
_NO_FILES = "there are no files in the sandbox; a program's values come in `inputs`"
_REAL_LIMIT = sys.setrecursionlimit
_KEPT_OF_OS = frozenset({"fsdecode", "fsencode", "fspath", "getcwd", "get_exec_path", "strerror", "urandom"})

_USELESS = frozenset({"_socket", "asyncio", "select", "selectors", "signal", "socket", "subprocess", "tempfile"})
"""Other modules brought them along; importing one says what is there instead."""


class NotHereError(PermissionError):
    """The sandbox has no such thing."""

    __module__ = "builtins"


class _NoMore:
    """Says of a module that is not there what is there."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> None:  # noqa: ARG004
        raise ModuleNotFoundError(
            f"there is no module {name!r} in the sandbox, only these of the standard library: "
            f"{', '.join(sorted(AVAILABLE))}",
            name=name,
        )


def close() -> None:
    """Make this process the world of one program. What is granted of clock and chance is asked of the host."""
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, _NoMore]
    sys.path[:] = []
    sys.path_hooks[:] = []
    sys.path_importer_cache.clear()
    # What shows a traceback reads the sources of modules by this.
    SourceFileLoader.get_data = _refusing(_NO_FILES)  # type: ignore[method-assign]
    for name in _USELESS & set(sys.modules):
        del sys.modules[name]
    sys.setrecursionlimit = _recursion
    builtins.open = io.open = _refusing(_NO_FILES)
    builtins.input = _refusing("nobody can be asked in the sandbox; a program's values come in `inputs`")
    time.sleep = _refusing("there is nothing to wait for in the sandbox: leave time.sleep out")
    time.process_time = time.thread_time = time.perf_counter
    time.strftime = _strftime
    time.ctime = _ctime
    builtins.breakpoint = _refusing("nobody can look into a program in the sandbox")
    _close_os()
    _seed()
    logging.root.handlers.clear()  # those of the SDK write to the host's log; a program's lines belong to its output
    sys.addaudithook(_audited)


def _close_os() -> None:
    for name in dir(os):
        found = getattr(os, name)
        if callable(found) and type(found).__name__ == "builtin_function_or_method" and name not in _KEPT_OF_OS:
            setattr(os, name, _refusing(f"os.{name}: there is no operating system in the sandbox"))

    os.getpid = _one


def _one() -> int:
    return 1


def _audited(event: str, _: tuple[Any, ...]) -> None:
    # Python opens files in C as well: for the line of a syntax error, for one.
    if event == "open":
        raise NotHereError(_NO_FILES)


def _refusing(why: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NotHereError(why)

    return refuse


def _recursion(limit: int) -> None:
    _REAL_LIMIT(min(limit, DEEPEST))


_strftime_c = time.strftime


def _strftime(form: str, when: Any = None) -> str:
    return _strftime_c(form, time.localtime() if when is None else when)


def _ctime(seconds: Any = None) -> str:
    return time.asctime(time.gmtime(time.time() if seconds is None else seconds))


# --- chance


class _Random(random.Random):  # noqa: S311 - as random as Python's own
    """Takes its seed from the host where none is given, and says so where that is not granted."""

    def __new__(cls, *_: Any, **__: Any) -> Self:
        return super().__new__(cls, 0)  # type: ignore[call-arg]

    def seed(self, a: Any = None, version: int = 2) -> None:
        super().seed(int.from_bytes(os.urandom(32), "big") if a is None else a, version)


def _seed() -> None:
    random.Random = _Random  # type: ignore[misc]
    made: Any = _Random.__new__(_Random)
    try:
        made.__init__()
    except LumosError as e:
        _without_seed(e)


def _without_seed(error: LumosError) -> None:
    """Have each function of ``random`` raise *error*, until the program gives a seed of its own."""
    names = [n for n in random.__all__ if callable(getattr(random, n)) and n[0].islower() and n != "seed"]
    kept = {n: getattr(random, n) for n in names}
    real = random.seed

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise error

    def seed(a: Any = None, version: int = 2) -> None:
        if a is None:
            raise error
        real(a, version)
        vars(random).update(kept)

    vars(random).update(dict.fromkeys(names, refuse), seed=seed)
