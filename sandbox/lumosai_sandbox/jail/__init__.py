"""The jailed tier: guests run in worker processes that can do nothing but compute and talk over one socket."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lumosai_sandbox.jail.client import Jailed
    from lumosai_sandbox.jail.lock import Support, supported

__all__ = ["Jailed", "Support", "supported"]


def __getattr__(name: str) -> Any:
    # Workers import this package too, and need none of the host's side.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{'client' if name == 'Jailed' else 'lock'}"), name)
