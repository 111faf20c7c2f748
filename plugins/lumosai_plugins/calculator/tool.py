"""The tool ``calculator.evaluate``."""

from __future__ import annotations

from typing import Annotated

from lumosai_plugins.calculator.numbers import show
from lumosai_plugins.calculator.parser import evaluate as work_out
from lumosai_plugins.calculator.tokens import MAX_LENGTH
from lumosai_sdk import tool


@tool(id="calculator.evaluate")
async def evaluate(expression: Annotated[str, {"minLength": 1, "maxLength": MAX_LENGTH}]) -> str:
    """Calculate: work out an arithmetic expression such as a sum, product, division, power, percentage or square root.

    Args:
        expression: What to calculate, for example 17 * 23, (2 + 3)^2, 15% of 80 or sqrt(2).
    """
    return show(work_out(expression))
