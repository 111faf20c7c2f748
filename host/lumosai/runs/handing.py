"""How a tool asks that its run be handed over to another agent."""

from __future__ import annotations

from typing import Final

from lumosai.runs.state import Handover, RunState
from lumosai_sdk.errors import ToolError
from lumosai_sdk.types.tools import HandOver

MOST: Final = 8
"""Times a run is handed over: two agents that each find the other the right one must come to an end."""


def asking(state: RunState) -> HandOver:
    """Return what a tool asks by that the conversation be handed over when this step's tools have ended."""

    async def hand_over(agent: str, *, keep: bool = True) -> None:
        if state.handover is not None:
            raise ToolError(f"the conversation is being handed over to {state.handover.plan.agent.id!r} already")
        if agent == state.plan.agent.id:
            raise ToolError(f"{agent!r} has the conversation")
        if len(state.trail) > MOST:
            raise ToolError(f"the conversation was handed over {MOST} times; somebody has to answer now")
        state.handover = Handover(await state.find_plan(agent), keep)

    return hand_over
