"""How a guest's code can end other than by returning. Plain exceptions: what they mean for a plugin is told above."""

from __future__ import annotations


class EngineError(Exception):
    """The root."""


class UnfitError(EngineError):
    """A component that cannot run here: malformed, or asking for what no host offers."""


class TrapError(EngineError):
    """The guest's code trapped, or went past a limit of the engine. Its instance is dead."""


class ResultTooLargeError(EngineError):
    """The guest returned more than it may."""


class OverrunError(EngineError):
    """The guest used up its processor time."""


def cause(text: str) -> str:
    """Return the reason at the end of what the engine says, without the backtrace of addresses before it."""
    lines = [line.strip() for line in text.partition("Caused by:")[2].splitlines() if line.strip()]
    return (lines[-1].removeprefix("0: ") if lines else text.strip().splitlines()[0])[:500]
