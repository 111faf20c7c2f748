"""What is scored, and how it scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lumosai_sdk.types.messages import Message


@dataclass(frozen=True, slots=True)
class Sample:
    """An answer with what it is judged by.

    ``context`` are the texts the answer was to be drawn from; ``messages`` all that the run added, its tool calls
    among them; ``expected`` is the right answer, or whatever a scorer compares with, if there is one.
    """

    input: str
    output: str
    expected: Any = None
    context: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Score:
    """A score from 0 (bad) to 1 (good), None where the sample lacks what the scorer goes by; why; and in detail."""

    value: float | None
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
