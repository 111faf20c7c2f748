"""Monitors of sandboxed plugins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.kinds.base import Adapter, Calls
from lumosai_sdk import wire
from lumosai_sdk.types.events import Event

MAX_BATCH = 1024 * 1024
"""Characters of JSON handed over at once. A batch of more goes in several."""
MAX_FIELD = 64 * 1024
"""Characters of a text in an event, where the event alone is larger than a batch."""


class SandboxedMonitor(Adapter):
    """A monitor. A failure loses the rest of the batch."""

    def __init__(self, plugin: Calls, contribution: Mapping[str, Any]) -> None:
        super().__init__(plugin, contribution)
        self._used = self._closed = False

    async def export(self, events: Sequence[Event]) -> None:
        """Hand it a batch; see ``lumosai_sdk.kinds.Monitor``. Raises PluginError."""
        self._used = True
        for batch in _batches(events):
            await self._do("monitor.take", batch)

    async def aclose(self) -> None:
        """Have it send what it holds back, then let go of the plugin."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._used:  # one that was told nothing holds nothing back, and is not begun in order to end it
                await self._do("monitor.close")
        finally:
            await super().aclose()

    async def _do(self, export: str, *texts: str) -> None:
        try:
            await self.plugin.call(export, self.id, *texts, caller=self.caller())
        except GuestError as e:
            raise self.failed("monitor", e) from None


def _batches(events: Sequence[Event]) -> Iterator[str]:
    texts: list[str] = []
    size = 0
    for event in events:
        text = _text(event)
        if texts and size + len(text) > MAX_BATCH:
            yield f"[{','.join(texts)}]"
            texts, size = [], 0
        texts.append(text)
        size += len(text) + 1
    if texts:
        yield f"[{','.join(texts)}]"


def _text(event: Event) -> str:
    told = event.to_json()
    text = wire.dumps(told)
    return text if len(text) <= MAX_BATCH else wire.dumps(_cut(told))


def _cut(value: Any) -> Any:
    """Return *value* with its texts cut short and its lists too."""
    if isinstance(value, str):
        return value[:MAX_FIELD]
    if isinstance(value, Mapping):
        return {k: _cut(v) for k, v in list(value.items())[:100]}
    return [_cut(v) for v in value[:100]] if isinstance(value, list | tuple) else value


make = SandboxedMonitor
