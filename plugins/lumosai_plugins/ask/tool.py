"""The tool ``ask.person``."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from lumosai_sdk import ToolContext, ToolError, tool

MAX_QUESTION = 2000
MAX_ANSWER = 20_000
HOUR = 3600.0


@tool(id="ask.person", timeout=HOUR)
async def person(question: Annotated[str, {"minLength": 1, "maxLength": MAX_QUESTION}], context: ToolContext) -> str:
    """Ask the person you are working for a question, when only they can know or decide, and return their answer.

    Args:
        question: One clear question, with what they need to know to answer it.
        context: The call.
    """
    plain = shown(question)
    if not plain:
        raise ToolError("there is no question; ask one the person can answer")
    answer = (await context.ask(plain)).strip()
    if not answer:
        raise ToolError("the person did not answer; go on without, or say what is missing")
    return answer[:MAX_ANSWER]


def shown(text: str) -> str:
    """Return a question as it may stand on a terminal: a model must not move the cursor or turn the text around."""
    kept = (c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cs"})
    return "".join(kept).strip()
