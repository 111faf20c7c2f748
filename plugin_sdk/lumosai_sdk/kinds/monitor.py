"""The ``monitor`` kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from lumosai_sdk.types.events import Event


@runtime_checkable
class Hearer(Protocol):
    """A monitor that must hear of an event where it happens. One in a sandbox is not asked.

    It is called for each event (but ``model.delta``) before anything else is done, in the context (``contextvars``) of
    the run: what it sets there holds for what the run does next. It must be quick; one that raises is not asked again.
    """

    def hear(self, event: Event) -> None:
        """Take note of an event, which ``export`` is given later."""
        ...


@runtime_checkable
class Monitor(Protocol):
    """Takes events off the host's hands, in batches, in order, never on the path of a run."""

    async def export(self, events: Sequence[Event]) -> None:
        """Take a batch (every event but ``model.delta``). A failure loses this batch for this monitor only."""
        ...

    async def aclose(self) -> None:
        """Send what is held back and let go."""
        ...
