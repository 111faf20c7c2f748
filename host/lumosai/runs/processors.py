"""Sending what passes a point of the run through the agent's processors."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from lumosai.runs.state import RunState
from lumosai_sdk.errors import PluginError, Suspend
from lumosai_sdk.types.processors import Phase

T = TypeVar("T")
TIMEOUT = 60.0
ONLY_TOOLS_ASK = "it asked a person, which only tools may"


async def process(state: RunState, phase: Phase, value: T) -> T:
    """Return *value* as the processors of *phase* leave it.

    Raises BlockedError, or PluginError when a processor fails or changes the type: a failing one lets nothing through.
    """
    processors = state.plan.processors
    if not processors:
        return value
    for find in processors.get(phase, ()):
        entry = find()
        call = partial(entry.obj.process, phase, value, state.info)
        what = f"processor {entry.id!r}"
        try:
            changed = await entry.generation.guard(what, call, TIMEOUT)
        except Suspend as e:
            raise PluginError(entry.generation.name, what, ONLY_TOOLS_ASK) from e
        if type(changed) is not type(value):
            why = f"returned {type(changed).__name__} where it was given {type(value).__name__}"
            raise PluginError(entry.generation.name, what, why)
        value = changed
    return value
