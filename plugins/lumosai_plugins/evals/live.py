"""Scores of live runs: a share of those that complete is scored in the background, and nobody waits for it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextvars import Context
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from lumosai_plugins.evals.trying import KEPT, scored, tool_texts
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.events import Event, RunCompleted
from lumosai_sdk.types.scores import Sample

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext
    from lumosai_sdk.types.services import TrustedServices
    from lumosai_sdk.types.storage import RunRecord

NAMESPACE = "evals.live"
_DAY = 86400.0
_TRIMMED_AFTER = 100
_WHOLE = 1 << 64


def chosen(run_id: str, share: float) -> bool:
    """Tell whether a run is among the share that is scored: the same in every process, and for each run anew."""
    at = int.from_bytes(hashlib.blake2b(run_id.encode(errors="replace"), digest_size=8).digest(), "big")
    return at < share * _WHOLE


class Live:
    """A monitor that scores. What does not fit its queue is counted and left out."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        settings = context.settings.get("live", {})
        self._share: float = settings.get("sample", 0.1)
        self._agents: Sequence[str] = settings.get("agents", ["*"])
        self._scorers: Sequence[str] = settings.get("scorers", ["evals.answered"])
        self._keep: float = settings.get("keep_days", 30) * _DAY
        self._queue: asyncio.Queue[RunCompleted] = asyncio.Queue(settings.get("queue", 256))
        self._worker: asyncio.Task[None] | None = None
        self._most: int = settings.get("keep", 10_000)
        self._written = 0
        self.dropped = 0

    async def export(self, events: Sequence[Event]) -> None:
        """Choose among the runs that completed."""
        for event in events:
            if isinstance(event, RunCompleted) and self._wants(event):
                self._put(event)

    def _wants(self, event: RunCompleted) -> bool:
        return any(fnmatchcase(event.agent, a) for a in self._agents) and chosen(event.run_id, self._share)

    def _put(self, event: RunCompleted) -> None:
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self.dropped += 1
            if self.dropped == 1:
                self._context.log.warning(
                    "live scoring cannot keep up: runs are left out; [plugins.evals.settings.live]"
                )
            return
        if self._worker is None or self._worker.done():
            # It is nobody's run: judges are asked on the plugin's own account.
            self._worker = asyncio.create_task(self._work(), name="lumos-evals-live", context=Context())

    async def _work(self) -> None:
        while not self._queue.empty():
            event = self._queue.get_nowait()
            try:
                await self._score(event)
            except LumosError as e:
                self._context.log.warning("the run %.100a is not scored: %s", event.run_id, e.message)
            except Exception:
                self._context.log.exception("the run %.100a is not scored", event.run_id)

    async def _score(self, event: RunCompleted) -> None:
        services = self._context.host
        record = await services.storage().get_run(event.run_id)
        if record is None or "experiment" in record.metadata:
            return
        timeout: float = self._context.settings.get("timeout", 120.0)
        sample = _sample(record)
        scores = {s: await scored(services, s, sample, timeout) for s in self._scorers}
        await self._keep_scores(services, record, scores)

    async def _keep_scores(self, services: TrustedServices, record: RunRecord, scores: dict[str, Any]) -> None:
        row = {
            "run_id": record.id,
            "agent": record.agent,
            "at": record.updated_at,
            "input": _asked(record)[:KEPT],
            "output": record.text[:KEPT],
            "scores": scores,
        }
        key = f"{int(record.updated_at * 1_000_000):016d}/{record.id}"
        await services.kv().kv_set(NAMESPACE, key, row, self._keep)
        self._written += 1
        if self._written % _TRIMMED_AFTER == 0:
            await self._trim(services)

    async def _trim(self, services: TrustedServices) -> None:
        """Delete the oldest scores beyond those that are kept."""
        kv = services.kv()
        keys = await kv.kv_keys(NAMESPACE)
        for key in keys[: max(len(keys) - self._most, 0)]:
            await kv.kv_delete(NAMESPACE, key)

    async def join(self) -> None:
        """Return when what waits is scored."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def aclose(self) -> None:
        """Leave what waits unscored."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker])


def _asked(record: RunRecord) -> str:
    return next((m.text for m in record.messages if m.role == "user"), "")


def _sample(record: RunRecord) -> Sample:
    context = tool_texts(record.messages)
    return Sample(_asked(record), record.text, None, context, record.messages, dict(record.metadata))
