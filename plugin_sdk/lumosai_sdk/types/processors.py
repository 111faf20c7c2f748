"""Where a processor stands in a run, and what it is told there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lumosai_sdk.types.auth import LOCAL, Principal

Phase = Literal["input", "model_request", "tool_call", "tool_result", "output", "stream"]
PHASES: tuple[Phase, ...] = ("input", "model_request", "tool_call", "tool_result", "output")
"""The points ``Processor.process`` is called at; ``stream`` is that of a StreamProcessor."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The run a processor, step or around-hook works in."""

    run_id: str = ""
    agent: str = ""
    thread_id: str | None = None
    principal: Principal = LOCAL
