"""Changes of plugins and configuration that one process was asked for, carried out in all."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lumosai.gateway.peers import bounds
from lumosai.gateway.peers.connection import Connection, Data
from lumosai.gateway.peers.errors import FrameError

if TYPE_CHECKING:
    from lumosai.gateway.peers.peers import Peers


class Changes:
    """What is changed here is changed in the siblings too."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        peers.asks.update(plugins=self._plugins, config=self._config)

    async def plugins(self, change: str, name: str = "") -> dict[str, Any]:
        """Let all siblings *change* a plugin (``enable``, ``disable``, ``reload``) or ``refresh``; see ``config``."""
        return await self._everywhere("plugins", {"change": change, "name": name})

    async def config(self) -> dict[str, Any]:
        """Let all siblings read ``lumos.toml`` again.

        Returns what to add to the answer: nothing where there are no siblings, else ``{"siblings": {asked, failed}}``.
        """
        return await self._everywhere("config", {})

    async def _everywhere(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        answers = await self._peers.gather(name, data, bounds.WORK_SECONDS)
        if not answers:
            return {}
        failed = [
            {"process": a.pid, "code": a.error.code, "detail": a.error.message} for a in answers if a.error is not None
        ]
        for each in failed:
            self._peers.host.bus.warn(f"process {each['process']} did not follow a change: {each['detail']}")
        return {"siblings": {"asked": len(answers), "failed": failed}}

    async def _plugins(self, connection: Connection, data: Data) -> Any:  # noqa: ARG002 - as the others
        plugins, name = self._peers.host.plugins, str(data.get("name"))
        match data.get("change"):
            case "refresh":
                return asdict(await plugins.refresh())
            case "enable":
                await plugins.enable(name)
            case "disable":
                await plugins.disable(name)
            case "reload":
                await plugins.reload(name)
            case other:
                raise FrameError(f"{other!r} is no change")
        return None

    async def _config(self, connection: Connection, data: Data) -> None:  # noqa: ARG002 - as the others
        await self._peers.host.reload_config()
