"""From a stranger's component to compiled code: compiled in a child with limits, kept where nobody else can write.

The rest of the sandbox never parses what a stranger wrote: it loads what a child of this made of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lumosai_sandbox.artefacts.artefact import Artefact, StaleError
    from lumosai_sandbox.artefacts.preparing import prepare
    from lumosai_sandbox.artefacts.shape import Function, Shape

__all__ = ["Artefact", "Function", "Shape", "StaleError", "prepare"]
_MODULES = {"Artefact": "artefact", "StaleError": "artefact", "prepare": "preparing"}


def __getattr__(name: str) -> Any:
    # The compiling child imports this package too, and is started for every component: it needs none of these.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'shape')}"), name)
