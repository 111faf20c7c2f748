"""Coroutines that need not wait: their first step is run at once, and only those that stop there cost a timeout."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """A coroutine whose first step was run. If it is ``done`` take its ``result()``; otherwise await this, at once.

    Awaited within the task that began it, it goes on as if it had been awaited from the start.
    """

    __slots__ = ("_first", "_steps", "_value", "done")

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        """Run the first step of *coroutine*. Raises what that raises."""
        self._steps: Generator[Any, Any, T] = coroutine.__await__()
        try:
            self._first = self._steps.send(None)
            self.done = False
        except StopIteration as e:
            self._value: T = e.value
            self.done = True

    def result(self) -> T:
        """Return what it returned."""
        return self._value

    def __await__(self) -> Generator[Any, Any, T]:
        steps, waited_for = self._steps, self._first
        while True:
            try:
                yield waited_for
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as e:  # noqa: BLE001 - a cancellation, above all: the coroutine is to see it
                try:
                    waited_for = steps.throw(e)
                except StopIteration as end:
                    return end.value  # type: ignore[no-any-return]
            else:
                return (yield from steps)
