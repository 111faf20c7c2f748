"""What runs a guest's functions, whatever the tier."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Protocol

from lumosai_sdk.types.caller import Caller

KeyOf = Callable[[Caller], Hashable]
"""Which calls share a stateful instance; None for one of its own."""


def no_key(_: Caller) -> None:
    """Every call gets an instance of its own."""


class HostFunctions(Protocol):
    """What a guest may ask for, on the host's side: one coroutine for all functions, ``kv.get`` and the like."""

    async def __call__(self, function: str, texts: tuple[str, ...], caller: Caller) -> str:
        """Return the answer as JSON. Raises LumosError, which the guest is told, in words."""
        ...


class Runner(Protocol):
    """A guest, ready to be called. Calls may overlap."""

    tier: str
    exports: frozenset[str]
    imports: frozenset[str]

    async def call(self, export: str, *texts: str, caller: Caller) -> str:
        """Call ``tool.call`` or the like and return its answer (JSON).

        Raises GuestError for the guest's own ``err``, and for its misbehaviour PluginTimeoutError (wall clock),
        PluginLimitError (memory, processor time, sizes, fuel) or PluginError (a trap). Cancelling frees the instance.
        """
        ...

    def metrics(self) -> Mapping[str, Any]:
        """Return counts since the start: ``calls``, ``failures``, ``cpu_seconds``, ``live``, …."""
        ...

    async def aclose(self) -> None:
        """Give everything up, running calls too."""
        ...
