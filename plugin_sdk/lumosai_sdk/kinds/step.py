"""The ``step`` kind."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from lumosai_sdk.types.processors import RunInfo


@runtime_checkable
class Step(Protocol):
    """A unit of work with one JSON value in and one out, safe to run again with the same input."""

    async def run(self, value: Any, context: RunInfo) -> Any:
        """Turn *value* into the step's output."""
        ...
