"""An answer on its way through the agent's ``stream`` processors: piece by piece, before anybody is shown it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from lumosai.plugins.registry import Entry
from lumosai.runs.state import RunState
from lumosai_sdk.errors import LumosError
from lumosai_sdk.kinds.processor import StreamFilter
from lumosai_sdk.types.events import ModelDelta
from lumosai_sdk.types.models import ModelChunk, ModelResponse

T = TypeVar("T")


class Filtered:
    """The text of one answer of a model, as the processors leave it."""

    def __init__(self, state: RunState) -> None:
        self._state = state
        self._came: list[str] = []
        self._shown: list[str] = []
        self._filters = _opened(state)

    async def show(self, chunk: ModelChunk) -> None:
        """Take a piece, and show what may be shown of all that came. Raises BlockedError, PluginError."""
        if chunk.text:
            self._came.append(chunk.text)
            self._tell(_pushed(self._filters, chunk.text))

    def whole(self, response: ModelResponse) -> ModelResponse:
        """Return the answer as the processors leave it, the rest of it shown. Raises BlockedError, PluginError."""
        message = response.message
        if "".join(self._came) != message.text:  # it did not come in pieces, or was changed since
            self._filters, self._shown = _opened(self._state), []
            self._tell(_pushed(self._filters, message.text))
        self._tell(_finished(self._filters))
        text = "".join(self._shown)
        return response if text == message.text else replace(response, message=replace(message, content=text))

    def _tell(self, text: str) -> None:
        if text:
            self._shown.append(text)
            if self._state.streaming and "output" not in self._state.plan.processors:
                self._state.emit(ModelDelta, text)


def _opened(state: RunState) -> list[tuple[Entry, StreamFilter]]:
    entries = [find() for find in state.plan.processors["stream"]]
    return [(e, _guarded(e, partial(e.obj.open, state.info))) for e in entries]


def _pushed(filters: Sequence[tuple[Entry, StreamFilter]], text: str) -> str:
    for entry, passed in filters:
        if not text:
            break
        text = _guarded(entry, partial(passed.push, text))
    return text


def _finished(filters: Sequence[tuple[Entry, StreamFilter]]) -> str:
    rest = ""
    for entry, passed in filters:
        pushed = _guarded(entry, partial(passed.push, rest)) if rest else ""
        rest = pushed + _guarded(entry, passed.finish)
    return rest


def _guarded(entry: Entry, call: Callable[[], T]) -> T:
    """Return what a processor returns. Raises BlockedError, or PluginError: a failing one lets nothing through."""
    entry.generation.breaker.check()
    try:
        return call()
    except LumosError:
        raise
    except Exception as e:
        raise entry.generation.failure(f"processor {entry.id!r}", e) from e
