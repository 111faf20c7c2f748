"""A tool: a function with type hints and a docstring is all it takes."""

from __future__ import annotations

from lumosai_moon.report import MoonReport, moon_on, read_date
from lumosai_sdk import InputError, ToolError, tool


@tool(id="moon.phase")
async def phase(date: str = "") -> MoonReport:
    """Tell the phase of the moon on a date: its name, how much of it is lit, its age, the next full and new moon.

    Args:
        date: The date as YYYY-MM-DD; empty for today.
    """
    try:
        return moon_on(read_date(date))
    except InputError as e:
        # A ToolError is told to the model, which may mend its call. Any other error counts as the plugin's failure.
        raise ToolError(str(e)) from None
