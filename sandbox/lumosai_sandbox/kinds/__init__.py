"""What the host sees of a sandboxed plugin: one object a contribution, which meets the SDK's Protocol of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lumosai_sdk.errors import PluginLoadError

if TYPE_CHECKING:
    from lumosai_sandbox.kinds.base import Calls

KINDS = ("tool", "provider", "storage", "monitor", "step", "processor")


def adapt(kind: str, plugin: Calls, contribution: Mapping[str, Any]) -> Any:
    """Return the object for a contribution; none of the plugin's code runs. Raises PluginLoadError."""
    if kind not in KINDS:
        what = f"{kind} {contribution['id']!r}"
        raise PluginLoadError(
            plugin.name,
            what,
            f'a plugin of the runtime "wasm" cannot give a {kind}',
            hint=f"it can: {', '.join(KINDS)}",
        )
    make: Callable[[Calls, Mapping[str, Any]], Any] = import_module(f"lumosai_sandbox.kinds.{kind}").make
    return make(plugin, contribution)
