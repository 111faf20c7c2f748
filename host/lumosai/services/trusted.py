"""The host for plugins in its own process: agents, tools, runs and stores, always on behalf of somebody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from lumosai.agents.plan import tool_spec
from lumosai.runs.tools import authorize
from lumosai.services import Services
from lumosai_sdk.errors import LumosError, StorageError
from lumosai_sdk.types.auth import LOCAL, Principal
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.runs import Decision, RunRequest, RunResult
from lumosai_sdk.types.scores import Sample, Score
from lumosai_sdk.types.services import OnPending
from lumosai_sdk.types.storage import RunRecord
from lumosai_sdk.types.tools import ToolSpec

if TYPE_CHECKING:
    from lumosai_sdk.kinds.storage import Storage
    from lumosai_sdk.kinds.vectors import VectorStore


class Trusted(Services):
    """Meets ``lumosai_sdk.types.services.TrustedServices``."""

    def storage(self) -> Storage:
        """Return the host's store. Raises StorageError while there is none."""
        storage: Storage | None = getattr(self._host, "storage", None)
        if storage is None:
            raise StorageError("the host has not opened its storage yet")
        return storage

    def vectors(self, id: str | None = None) -> VectorStore:  # noqa: A002
        """Return a vector store. Raises NotFoundError, PluginError."""
        store: VectorStore = self._host.registry.get("vectors", id or self._host.config.storage.vectors).obj
        return store

    def agents(self, patterns: Sequence[str] = ("*",), principal: Principal = LOCAL) -> Sequence[Mapping[str, Any]]:
        """Return the agents whose ids fit one of the globs and that *principal* may ask, by id."""
        if not principal.allows("agent.run"):
            return []
        allowance, default = principal.allowance, self._host.config.models.default
        return [
            {**agent.to_json(), "model": agent.to_json()["model"] or default}
            for id_, agent in sorted(self._host.agents.items())
            if any(fnmatchcase(id_, p) for p in patterns) and (allowance is None or allowance.names(id_))
        ]

    def tools(self, patterns: Sequence[str] = ("*",)) -> Sequence[ToolSpec]:
        """Return the tools whose ids fit one of the globs; those that cannot be loaded are left out, with a warning."""
        out: list[ToolSpec] = []
        for entry in self._host.registry.entries("tool"):
            if any(fnmatchcase(entry.id, p) for p in patterns):
                try:
                    out.append(tool_spec(entry))
                except LumosError as e:
                    self._host.bus.warn(f"the tool {entry.id!r} is left out: {e.message}")
        return out

    def scorers(self, patterns: Sequence[str] = ("*",)) -> Sequence[Mapping[str, Any]]:
        """Return the scorers whose ids fit one of the globs, by id: ``id``, ``plugin``, ``description``."""
        return [
            {"id": e.id, "plugin": e.generation.name, "description": e.data.get("description", "")}
            for e in self._host.registry.entries("scorer")
            if any(fnmatchcase(e.id, p) for p in patterns)
        ]

    async def score(self, id: str, sample: Sample, timeout: float | None = None) -> Score:  # noqa: A002, ASYNC109
        """Have a scorer judge an answer, on its plugin's account. Raises LumosError."""
        entry = self._host.registry.get("scorer", id)
        scorer = entry.obj
        return await entry.generation.guard(f"scorer {id!r}", lambda: scorer.score(sample), timeout)

    async def use_tool(self, id: str, arguments: Mapping[str, Any], principal: Principal = LOCAL) -> Any:  # noqa: A002
        """Call a tool as its caller could through the API. Raises LumosError."""
        return await self._host.call_tool(id, arguments, principal=principal)

    async def run(self, request: RunRequest, on_pending: OnPending | None = None) -> RunResult:
        """Run an agent to its answer, or until it waits for a person. Raises LumosError."""
        await self._may("agent.run", request.agent, request.principal)
        return await self._host.runs.run(request, on_pending)

    async def stream(self, request: RunRequest, on_pending: OnPending | None = None) -> AsyncIterator[Event]:
        """Run an agent and yield its events. Raises LumosError if it cannot start."""
        await self._may("agent.run", request.agent, request.principal)
        async with aclosing(self._host.runs.stream(request, on_pending)) as events:
            async for event in events:
                yield event

    async def resume(self, run_id: str, decisions: Mapping[str, Decision], principal: Principal = LOCAL) -> RunResult:
        """Go on with a run that waits for a person. Raises LumosError."""
        await self._may("run.resume", run_id, principal)
        return await self._host.runs.resume(run_id, decisions, principal=principal)

    async def stream_resumed(
        self, run_id: str, decisions: Mapping[str, Decision], principal: Principal = LOCAL
    ) -> AsyncIterator[Event]:
        """Go on with a run that waits for a person and yield its events. Raises LumosError."""
        await self._may("run.resume", run_id, principal)
        async with aclosing(self._host.runs.stream_resume(run_id, decisions, principal=principal)) as events:
            async for event in events:
                yield event

    async def cancel(self, run_id: str, principal: Principal = LOCAL) -> None:
        """Cancel a run. Raises NotFoundError, ConflictError."""
        await self._may("run.cancel", run_id, principal)
        await self._host.runs.cancel(run_id, principal)

    async def find_run(self, run_id: str, principal: Principal = LOCAL) -> RunRecord:
        """Return a run's record. Raises NotFoundError."""
        await self._may("run.read", run_id, principal)
        return await self._host.runs.get(run_id, principal)

    async def _may(self, action: str, resource: str, principal: Principal) -> None:
        await authorize(self._host.plugins.hooks, principal, action, resource)
        if action == "agent.run":
            await self._host.spending.check(principal)
