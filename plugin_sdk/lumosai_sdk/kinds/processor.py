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
