"""A run as plain text: the answer on standard output, what happens on the way on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from lumosai.cli import style
from lumosai.cli.output import cut, tell
from lumosai_sdk import safe
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.runs import Pending

_SHOWN = 4000


@dataclass(slots=True)
class Outcome:
    """How a followed run ended: ``status`` as in the run's record, or empty while it runs."""

    run_id: str = ""
    status: str = ""
    text: str = ""
    pending: tuple[Pending, ...] = ()
    error: dict[str, Any] = field(default_factory=dict)


class View(Protocol):
    """Shows a run as it goes."""

    def event(self, event: ev.Event) -> None:
        """Show what happened."""
        ...


async def follow(events: AsyncIterator[ev.Event], view: View) -> Outcome:
    """Show a run's events until it ends, and return how it ended. Raises what the run cannot even start for.

    What the view raises ends the run: *events* is closed.
    """
    outcome = Outcome()
    async with aclosing(cast("AsyncGenerator[ev.Event, None]", events)):
        async for event in events:
            _note(outcome, event)
            view.event(event)
    return outcome


def _note(outcome: Outcome, event: ev.Event) -> None:
    outcome.run_id = event.run_id or outcome.run_id
    if isinstance(event, ev.RunCompleted):
        outcome.status, outcome.text = "completed", event.text
    elif isinstance(event, ev.RunSuspended):
        outcome.status, outcome.pending = "suspended", event.pending
    elif isinstance(event, ev.RunFailed):
        outcome.status, outcome.error = "failed", dict(event.error)
    elif isinstance(event, ev.RunCancelled):
        outcome.status = "cancelled"


class Transcript:
    """A View in plain text. With ``streaming`` the answer is shown as it comes, else when it is whole."""

    def __init__(self, *, streaming: bool, quiet: bool = False) -> None:
        self._streaming = streaming
        self._quiet = quiet
        self._streamed = ""
        self._open = False

    def event(self, event: ev.Event) -> None:
        """Show what happened."""
        if isinstance(event, ev.ModelDelta):
            if self._streaming:
                self._piece(event.text)
        elif isinstance(event, ev.RunCompleted):
            self._answer(event.text)
        elif isinstance(event, ev.RunSuspended | ev.RunFailed | ev.RunCancelled):
            self._end_line()
        elif (remark := remark_on(event)) and not self._quiet:
            self._end_line()
            tell(remark)

    def _piece(self, text: str) -> None:
        self._streamed += text
        sys.stdout.write(shown(text))
        sys.stdout.flush()
        self._open = not self._streamed.endswith("\n")

    def _answer(self, text: str) -> None:
        """Show the answer, unless it is what was just streamed: a processor may have changed it."""
        if not self._streamed or not self._streamed.endswith(text):
            self._end_line()
            show_text(text)
        self._end_line()

    def _end_line(self) -> None:
        if self._open:
            sys.stdout.write("\n")
            sys.stdout.flush()
        self._open, self._streamed = False, ""


def shown(text: str) -> str:
    """Return *text* as standard output may have it: harmless on a terminal, as it is elsewhere."""
    return safe.lines(text) if style.is_tty(sys.stdout) else text


def show_text(text: str) -> None:
    """Write a whole text and end its line."""
    sys.stdout.write(shown(text if text.endswith("\n") else f"{text}\n"))
    sys.stdout.flush()


def remark_on(event: ev.Event) -> str:
    """Return the line that tells of an event on the way to the answer, or nothing."""
    if isinstance(event, ev.ToolCalled):
        return _line("→", style.CYAN, f"{event.tool} {compact(event.arguments)}")
    if isinstance(event, ev.ToolReturned):
        mark, code = ("✗", style.RED) if event.error else ("←", style.DIM)
        return _line(mark, code, event.content)
    if isinstance(event, ev.RunHandedOver):
        return _line("⇒", style.CYAN, f"{event.to} goes on")
    if isinstance(event, ev.ModelRetried):
        return _line("↻", style.YELLOW, f"{event.model}: {_why(event)}; again in {event.delay:.1f} s")
    if isinstance(event, ev.ModelFellBack):
        return _line("↷", style.YELLOW, f"{event.model}: {_why(event)}; going on with {event.to}")
    return ""


def _why(event: ev.ModelRetried | ev.ModelFellBack) -> str:
    return str(event.error.get("message", ""))


def compact(arguments: str) -> str:
    """Return a call's arguments on one line, or nothing where there are none."""
    try:
        value = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return arguments
    return json.dumps(value, ensure_ascii=False) if value else ""


def _line(mark: str, code: str, text: str) -> str:
    room = max(style.width(sys.stderr) - 2, 20)
    said = cut(safe.line(text[:_SHOWN]).strip(), min(room, _SHOWN))
    return f"{style.paint(mark, code, sys.stderr)} {style.paint(said, style.DIM, sys.stderr)}"
