"""The ``processor`` kind: a guardrail or transformer at named points of a run."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from lumosai_sdk.types.processors import Phase, RunInfo


@runtime_checkable
class Processor(Protocol):
    """Sees what passes a point of the run and lets it through, changes it, or refuses it.

    What passes: ``input`` the caller's messages (tuple of Message), ``model_request`` all that the model is about to
    read (tuple of Message; what is changed there is neither kept nor seen again), ``tool_call`` a ToolCall,
    ``tool_result`` the text the model will read, ``output`` the final text.
    """

    @property
    def phases(self) -> frozenset[Phase]:
        """The points it wants to be called at."""
        ...

    async def process(self, phase: Phase, value: Any, context: RunInfo) -> Any:
        """Return *value*, or another of its type. Raises BlockedError to end the run."""
        ...


class StreamFilter(Protocol):
    """Passes on the text of an answer as it comes. Both may raise BlockedError, and must be quick: all streams wait."""

    def push(self, piece: str) -> str:
        """Take the next piece of the answer; return what may be shown now of all that came."""
        ...

    def finish(self) -> str:
        """Return what was kept back: the answer is at its end."""
        ...


@runtime_checkable
class StreamProcessor(Processor, Protocol):
    """A processor of the phase ``stream``: it changes answers of models while they are shown. Not in a sandbox."""

    def open(self, context: RunInfo) -> StreamFilter:
        """Return the filter of one answer."""
        ...
