"""The ``monitor`` kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from lumosai_sdk.types.events import Event


@runtime_checkable
class Monitor(Protocol):
    """Takes events off the host's hands, in batches, in order, never on the path of a run."""

    async def export(self, events: Sequence[Event]) -> None:
        """Take a batch (every event but ``model.delta``). A failure loses this batch for this monitor only."""
        ...

    async def aclose(self) -> None:
        """Send what is held back and let go."""
        ...
