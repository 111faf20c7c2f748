"""What every subject must do and say, so that all are measured on the same work. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

INSTRUCTIONS: Final = "Answer briefly."
PROMPT: Final = "What is the weather in Paris?"
TOOL_NAME: Final = "weather"
TOOL_DESCRIPTION: Final = "The weather in a city."
CITY: Final = "Paris"
ARGUMENTS: Final = '{"city": "Paris"}'
TOOL_RESULT: Final = "Sunny in Paris, 21 degrees."
ANSWER: Final = "It is sunny in Paris."
MODEL_NAME: Final = "stub"
#: Prompt and completion tokens that every model reports, so that no peer spends time on estimating them.
PROMPT_TOKENS: Final = 20
COMPLETION_TOKENS: Final = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of the comparison: where the model is, and whether the run makes one tool round trip."""

    name: str
    title: str
    http: bool
    tool: bool
    target_us: float | None = None

    @property
    def model_calls(self) -> int:
        """Model calls that one run makes."""
        return 2 if self.tool else 1


CELLS: Final = {
    cell.name: cell
    for cell in (
        Cell("instant", "instant model, no tool", http=False, tool=False, target_us=90.0),
        Cell("instant-tool", "instant model, one tool round trip", http=False, tool=True, target_us=450.0),
        Cell("http", "model server on loopback, no tool", http=True, tool=False),
        Cell("http-tool", "model server on loopback, one tool round trip", http=True, tool=True),
    )
}
#: The instant cells aim at this many times less CPU than the fastest Python peer.
PEER_RATIO_TARGET: Final = 10.0
