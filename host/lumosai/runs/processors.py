"""Sending what passes a point of the run through the agent's processors."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from lumosai.runs.state import RunState
from lumosai_sdk.errors import NeedsApprovalError, PluginError, Suspend
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.processors import Phase

T = TypeVar("T")
TIMEOUT = 60.0
ONLY_TOOLS_ASK = "it asked a person, which only tools may"


async def process(state: RunState, phase: Phase, value: T) -> T:
    """Return *value* as the processors of *phase* leave it.

    Raises BlockedError, or PluginError when a processor fails or changes the type: a failing one lets nothing through.
    What of calls of tools a person is to be asked is noted in ``state.wants_leave``.
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
        except NeedsApprovalError as e:
            if not isinstance(value, ToolCall):
                raise
            # Those that follow look at the call as well: one of them may refuse it.
            state.wants_leave.setdefault(value.id, e.message)
            continue
        if type(changed) is not type(value):
            why = f"returned {type(changed).__name__} where it was given {type(value).__name__}"
            raise PluginError(entry.generation.name, what, why)
        value = changed
    return value
