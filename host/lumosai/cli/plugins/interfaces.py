"""Which interfaces a sandboxed plugin's component has, as far as that is known without compiling it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lumosai.config.load import Loaded
from lumosai.config.model import PluginConfig
from lumosai.plugins.sandboxing import sandbox_policy
from lumosai_sdk.errors import LumosError


async def interfaces(record: Mapping[str, Any], loaded: Loaded) -> dict[str, list[str]]:
    """Return ``imports`` and ``exports`` of a component that was compiled here before; ``{}`` for any other plugin."""
    if record.get("runtime") != "wasm" or find_spec("wasmtime") is None:
        return {}
    from lumosai_sandbox.outlook import known_shape

    name = record["name"]
    policy = sandbox_policy(loaded.config.sandbox, loaded.config.plugins.get(name, PluginConfig()), loaded.base)
    try:
        shape = await known_shape(record, Path(record["root"]), policy)
    except LumosError:  # which is told with the tier, or on the first call
        return {}
    return {} if shape is None else {"imports": list(shape.imports), "exports": list(shape.exports)}
