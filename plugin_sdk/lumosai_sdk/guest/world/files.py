"""Files, the operating system, the network, and whoever sits at the keyboard: none of them is there."""

from __future__ import annotations

import builtins
import io
import os
import sys
from contextlib import suppress
from typing import Any

from lumosai_sdk.guest.world.state import NotHereError, Replaced, World, refusing

_KEPT_OF_OS = frozenset(
    {"fsdecode", "fsencode", "fspath", "getcwd", "get_exec_path", "putenv", "strerror", "unsetenv", "urandom"}
    | {"waitstatus_to_exitcode"}
)
"""They ask nobody."""
_ANSWERS: dict[str, Any] = {"access": False, "cpu_count": 1, "getpid": 1, "isatty": False}
"""What has an answer without an operating system."""


def install() -> None:
    """Have them say so once the world is closed."""
    builtins.open = io.open = Replaced(open, refusing(lambda: World.words.files))
    builtins.input = Replaced(input, refusing(lambda: World.words.asking))
    builtins.breakpoint = Replaced(breakpoint, refusing(lambda: World.words.asking))
    for name in dir(os):
        found = getattr(os, name)
        if type(found).__name__ == "builtin_function_or_method" and name not in _KEPT_OF_OS:
            setattr(os, name, Replaced(found, _instead(name)))
    with suppress(ImportError):
        _select()
    sys.addaudithook(_audited)


def _instead(name: str) -> Any:
    if name in _ANSWERS:
        return lambda *_, **__: _ANSWERS[name]
    return refusing(lambda: f"os.{name}: there is no operating system in the sandbox; {World.words.files}")


def _select() -> None:
    import select

    for name in ("poll", "select"):
        if found := getattr(select, name, None):
            setattr(select, name, Replaced(found, refusing(lambda: World.words.waiting)))


def _audited(event: str, _: tuple[Any, ...]) -> None:
    # Python opens files in C as well: for the line of a syntax error, for one. So are sockets.
    if not World.closed:
        return
    if event == "open":
        raise NotHereError(World.words.files)
    if event.startswith("socket."):
        raise NotHereError(World.words.network)
