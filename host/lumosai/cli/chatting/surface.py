"""What a conversation needs of the place where it is held."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from lumosai.cli.transcript import View
from lumosai_sdk.types.runs import Decision, Pending


class Surface(Protocol):
    """A place to talk: a terminal, or lines of standard input."""

    async def read(self) -> str | None:
        """Return what the person says next, or None when they leave."""
        ...

    def answering(self) -> AbstractContextManager[View]:
        """Show one answer, while the context is open."""
        ...

    async def decide(self, pending: Pending) -> Decision | None:
        """Ask the person about a tool call."""
        ...

    def note(self, text: str) -> None:
        """Show a remark that is not the agent's."""
        ...

    def clear(self) -> None:
        """Clear what has been shown, where that can be done."""
        ...
