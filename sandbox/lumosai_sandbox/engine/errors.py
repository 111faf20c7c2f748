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
