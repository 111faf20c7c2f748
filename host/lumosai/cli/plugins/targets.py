"""Where ``lumos plugin dev`` loads the plugin: in the host that runs already, or in one of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

from lumosai.cli.plugins.source import WASM
from lumosai.cli.running import NotRunningError, ask
from lumosai.config.load import Loaded
from lumosai.config.model import PluginConfig
from lumosai_sdk.errors import LumosError, PluginError
from lumosai_sdk.manifest import FILE_NAME, load

if TYPE_CHECKING:
    from lumosai.cli.plugins.screen import Screen
    from lumosai.host import Host


class Target(Protocol):
    """A host that can be told to take up what was built."""

    where: str

    async def take_up(self) -> str:
        """Load the plugin anew and return its version. Raises LumosError; then the old one goes on."""
        ...

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Any:
        """Call one of its tools. Raises LumosError."""
        ...


@dataclass(slots=True)
class RunningHost:
    """The host that answers at the configured address."""

    loaded: Loaded
    name: str
    where: str = field(init=False)

    def __post_init__(self) -> None:
        server = self.loaded.config.server
        self.where = f"the host that runs at {server.host}:{server.port}"

    async def take_up(self) -> str:
        told = await asyncio.to_thread(ask, self.loaded, "POST", "v1", "plugins", self.name, "reload")
        if told["state"] != "enabled" or told.get("reason"):
            raise PluginError(self.name, "loading", told.get("reason") or f"it is {told['state']}")
        return str(told["version"])

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Any:
        body = {"arguments": dict(arguments)}
        return (await asyncio.to_thread(ask, self.loaded, "POST", "v1", "tools", tool, "call", body=body))["result"]


@dataclass(slots=True)
class OwnHost:
    """A host for the time of this command. What the plugin asks for it is granted, unless ``lumos.toml`` decides."""

    host: Host
    name: str
    root: Path
    grants: bool
    where: str = "a host of its own"

    async def take_up(self) -> str:
        plugins = self.host.plugins
        if self.grants:
            await plugins.configure({**self.host.config.plugins, self.name: granted(self.root)})
        if self.name not in plugins.plugins:
            await plugins.refresh()
        plugin = await plugins.reload(self.name)
        if plugin.state != "enabled" or plugin.reason:
            raise PluginError(self.name, "loading", plugin.reason or f"it is {plugin.state}")
        return plugin.version

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> Any:
        return await self.host.call_tool(tool, arguments)


def granted(root: Path) -> PluginConfig:
    """Return a plugin table that grants all the manifest asks for. Raises ManifestError."""
    return PluginConfig(grant=load(root / FILE_NAME).permissions)


def running(loaded: Loaded, name: str, root: Path) -> RunningHost | None:
    """Return the host that runs already, if there is one and it has the plugin from *root*."""
    try:
        told = ask(loaded, "GET", "v1", "plugins", name)
    except (NotRunningError, LumosError):
        return None
    return RunningHost(loaded, name) if _is_from(str(told.get("distribution", "")), root) else None


def _is_from(dist: str, root: Path) -> bool:
    """Tell whether a distribution, as listings show it, is what is developed: a folder, or an editable install."""
    place, colon, folder = dist.partition(":")
    if (place, colon) != ("folder", ":"):
        return root.parent.name != WASM  # what is installed is not what is built here, sources may be
    try:
        return any(home.samefile(folder) for home in (root.parent, root.resolve().parent))  # by its link, or itself
    except OSError:
        return False


@asynccontextmanager
async def own_host(loaded: Loaded, name: str, root: Path, screen: Screen) -> AsyncIterator[OwnHost]:
    """Yield a started host that has the plugin from *root*. Raises ConfigError, PluginError."""
    from lumosai.host import Host

    grants = name not in loaded.config.plugins
    with TemporaryDirectory(prefix="lumos-dev-") as folder:
        host = Host(_with_plugin(loaded, name, root, Path(folder)))
        host.bus.listen(screen.event)
        async with host:
            yield OwnHost(host, name, root, grants)


def _with_plugin(loaded: Loaded, name: str, root: Path, scratch: Path) -> Loaded:
    """Return the configuration with the plugin in it; without a file nothing is kept."""
    config = loaded.config
    paths = [Path(p) for p in loaded.plugin_paths]
    home = root.absolute().parent
    host: dict[str, Any] = {"plugin_paths": paths if home in paths else [*paths, home]}
    changes: dict[str, Any] = {}
    if loaded.path is None:
        host["data_dir"] = scratch
        changes["storage"] = config.storage.model_copy(update={"use": "memory"})
    if name not in config.plugins:
        changes["plugins"] = {**config.plugins, name: granted(root)}
    changes["host"] = config.host.model_copy(update=host)
    return Loaded(config.model_copy(update=changes), loaded.path)
