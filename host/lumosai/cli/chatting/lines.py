"""A conversation without a terminal: one line in, one answer out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lumosai.cli.asking import Person, read_pipe
from lumosai.cli.output import tell
from lumosai.cli.transcript import Transcript, View
from lumosai_sdk import safe
from lumosai_sdk.types.runs import Decision, Pending


class Lines:
    """A Surface of standard input and output. Remarks and questions go to standard error."""

    def __init__(self) -> None:
        self._person = Person(read_pipe)

    async def read(self) -> str | None:
        return await read_pipe("")

    @contextmanager
    def answering(self) -> Iterator[View]:
        yield Transcript(streaming=False)

    async def decide(self, pending: Pending) -> Decision | None:
        return await self._person.decide(pending)

    def note(self, text: str) -> None:
        tell(safe.lines(text))

    def clear(self) -> None:
        """There is nothing to clear."""
