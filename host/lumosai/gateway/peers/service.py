"""What the processes of one service, which answer behind one address, tell of themselves together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumosai.gateway.peers import bounds
from lumosai.gateway.peers.connection import Connection, Data
from lumosai.gateway.peers.exposition import merged
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from lumosai.gateway.peers.peers import Peers

METRICS = "prometheus.metrics"
"""The route that tells the metrics of one process."""


class Service:
    """The siblings of the same ``group``. Where that is empty, this process is a service by itself."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self.group = ""
        peers.asks.update(counts=self._counts, metrics=self._metrics)

    async def counts(self) -> dict[str, int]:
        """Return how many ``processes`` there are, how many ``runs`` they have, and how many do not answer."""
        answers = await self._peers.gather("counts", self._same(), bounds.HELLO_SECONDS) if self.group else []
        runs = [int(a.data["runs"]) for a in answers if isinstance(a.data, dict)]
        silent = sum(1 for a in answers if a.error is not None)
        return {"processes": len(runs) + 1, "runs": sum(runs) + self._peers.host.runs.active, "silent": silent}

    async def metrics(self, own: str, accept: str) -> str:
        """Return the metrics of all processes, *own* ones among them, in the format that *accept* asks for.

        Those of one that does not answer in time are left out.
        """
        asked = {**self._same(), "accept": accept}
        answers = await self._peers.gather("metrics", asked, bounds.HELLO_SECONDS) if self.group else []
        texts = {str(a.pid): a.data for a in answers if isinstance(a.data, str)}
        return merged({self._peers.own_id.split(":")[-2]: own, **texts}) if self.group else own

    def _same(self) -> dict[str, str]:
        return {"group": self.group}

    def _is_of(self, data: Data) -> bool:
        return bool(self.group) and data.get("group") == self.group

    async def _counts(self, connection: Connection, data: Data) -> dict[str, int] | None:  # noqa: ARG002 - as the others
        return {"runs": self._peers.host.runs.active} if self._is_of(data) else None

    async def _metrics(self, connection: Connection, data: Data) -> str | None:  # noqa: ARG002 - as the others
        host = self._peers.host
        entry = host.registry.find("route", METRICS) if self._is_of(data) else None
        if entry is None:
            return None
        route: Any = entry.obj
        request = HttpRequest("GET", str(entry.data.get("path", "/metrics")), headers={"accept": str(data["accept"])})
        limit = host.config.limits.tool_timeout
        response = await entry.generation.guard(f"route {entry.id!r}", lambda: route.handle(request), limit)
        if not isinstance(response, HttpResponse) or not isinstance(response.body, str | bytes):
            raise LumosError(f"route {entry.id!r} answered no text")
        return response.body if isinstance(response.body, str) else response.body.decode()
