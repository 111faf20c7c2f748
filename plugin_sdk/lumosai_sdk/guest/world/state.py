"""Whether the component is being built or runs, and the words for what is not there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn


class NotHereError(PermissionError):
    """The sandbox has no such thing."""

    __module__ = "builtins"


def _module(name: str) -> str:
    said = f"there is no module {name!r} in the sandbox: a component holds what was imported when it was built; "
    if name.partition(".")[0] in sys.stdlib_module_names:
        return f"{said}import it at the top of one of the plugin's modules, and build again"
    return (
        f"{said}declare its package in pyproject.toml's project.dependencies, import it at the top of one of the"
        " plugin's modules, and build again"
    )


def _encoding(name: str) -> str:
    return (
        f"unknown encoding: {name}; if Python has it, `import encodings.{name}` at the top of one of the plugin's"
        " modules makes it a part of the component"
    )


@dataclass
class Words:
    """What a program is told. A plugin whose programs know no plugins says it in its own words."""

    files: str = "there are no files in the sandbox but those of lumosai_sdk.host.files (right `files`)"
    network: str = "there is no network in the sandbox but lumosai_sdk.host.http (right `http`)"
    waiting: str = "nothing can be waited for in the sandbox: leave time.sleep and its like out"
    asking: str = "nobody can be asked in the sandbox; a plugin's values come as arguments and settings"
    module: Callable[[str], str] = _module
    encoding: Callable[[str], str] = _encoding


class World:
    """The state of this process, which is one guest."""

    closed = False
    words = Words()


class Replaced:
    """A function with a stand-in for when the world is closed. No function: as a class's attribute it is no method."""

    def __init__(self, real: Callable[..., Any], instead: Callable[..., Any]) -> None:
        self._real = real
        self._instead = instead
        self.__name__ = getattr(real, "__name__", "replaced")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return (self._instead if World.closed else self._real)(*args, **kwargs)


def refusing(words: Callable[[], str]) -> Callable[..., NoReturn]:
    """Return what raises NotHereError with *words*."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NotHereError(words())

    return refuse
