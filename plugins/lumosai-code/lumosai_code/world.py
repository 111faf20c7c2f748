"""What is different about the world of a program that knows no plugins, beyond what ``lumosai_sdk.guest`` does.

None of this guards anything: the sandbox does.
"""

from __future__ import annotations

import logging
import sys

from lumosai_code.modules import AVAILABLE
from lumosai_sdk.guest.world.state import Words, World

DEEPEST = 10_000
"""Calls within calls; more of them would take all memory."""
_REAL_LIMIT = sys.setrecursionlimit
_USELESS = frozenset({"_socket", "asyncio", "select", "selectors", "signal", "socket", "subprocess", "tempfile"})
"""Other modules brought them along; importing one says what is there instead."""


def _module(name: str) -> str:
    return (
        f"there is no module {name!r} in the sandbox, only these of the standard library: "
        f"{', '.join(sorted(AVAILABLE))}"
    )


_WORDS = Words(
    files="there are no files in the sandbox; a program's values come in `inputs`",
    network="there is no network in the sandbox",
    waiting="there is nothing to wait for in the sandbox: leave time.sleep out",
    asking="nobody can be asked in the sandbox; a program's values come in `inputs`",
    module=_module,
    encoding=lambda name: f"unknown encoding: {name}, or one that the sandbox does not have",
)


def enter() -> None:
    """Make this process the world of one program."""
    World.words = _WORDS
    for name in _USELESS & set(sys.modules):
        del sys.modules[name]
    sys.setrecursionlimit = _recursion
    logging.root.handlers.clear()  # those of the SDK write to the host's log; a program's lines belong to its output


def _recursion(limit: int) -> None:
    _REAL_LIMIT(min(limit, DEEPEST))
