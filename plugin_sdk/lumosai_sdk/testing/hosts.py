"""A host for tests. The SDK must do without the host, so the host is imported when one is asked for."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

from lumosai_sdk.kinds import PROTOCOLS
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.events import PluginFailed
from lumosai_sdk.types.plugins import PluginContext

PROVIDER = "test"
OpenHost: TypeAlias = Callable[..., AbstractAsyncContextManager[Any]]
"""What the fixture ``lumos_host`` is: ``open_host`` with its first two arguments given."""


@asynccontextmanager
async def open_host(
    folder: Path, model: ScriptedModel, *, agents: Iterable[Any] = (), safe_mode: bool = False, **sections: Any
) -> AsyncIterator[Any]:
    """Open a ``lumosai.Host`` whose models ``test/<any name>`` are *model*, and close it at the end.

    *sections* are those of ``lumos.toml`` (``limits={"steps": 3}``, ``plugins={…}``); runs are kept in memory and data
    below *folder* unless they say otherwise, and relative paths start from *folder*. Raises ConfigError, PluginError.
    """
    config = {
        "agents": {},
        **sections,
        "storage": {"use": "memory", **sections.get("storage", {})},
        "host": {"data_dir": folder / "lumos-data", **sections.get("host", {})},
    }
    loaded = import_module("lumosai.config.load")
    made = loaded.Loaded(loaded.build(config), folder / loaded.FILE_NAME)
    async with import_module("lumosai.host").Host(made, agents=agents, safe_mode=safe_mode) as host:
        contribute(host, "provider", PROVIDER, model)
        yield host


def contribute(host: Any, kind: str, id: str, obj: Any, **declared: Any) -> None:  # noqa: A002 - the manifest's word
    """Give a running host an object of a kind under *id*, as a plugin of that name would; *declared* as in a manifest.

    Raises TypeError when *obj* does not meet the kind's Protocol.
    """
    protocol = PROTOCOLS[kind]
    if not declared.get("asgi") and not isinstance(obj, protocol):
        raise TypeError(
            f"{type(obj).__name__} is no {kind}: it does not meet lumosai_sdk.kinds.{PROTOCOLS[kind].__name__}"
        )
    name = id.partition(".")[0]

    def report(_: Any, reason: str) -> None:
        host.bus.publish(PluginFailed(at=time.time(), plugin=name, version="0", detail=reason))

    record = {"name": name, "version": "0", "dist": "test", "package": "", "runtime": "python", "contributes": {}}
    folder = host.loaded.data_dir / "plugins" / name
    context = PluginContext(name, data_dir=folder, emit=host.bus.publish, services=host.services)
    generation = import_module("lumosai.plugins.generation").Generation(record, context, report)
    target = f"contributed:{kind}:{id}"
    generation.put(target, obj)
    host.registry.add(generation, kind, {"id": id, "target": target, **declared})
