"""The tool ``code.run``."""

from __future__ import annotations

from typing import Any, TypedDict

from lumosai_code.cell import execute
from lumosai_code.world import enter
from lumosai_sdk import tool


class Outcome(TypedDict):
    """What came of a run."""

    output: str
    result: Any
    error: str | None


@tool
def run(source: str, inputs: dict[str, Any] | None = None) -> Outcome:
    """Run Python 3 and return what it printed and the value of its last line, as a notebook's cell does.

    The standard library's modules for computing are there (math, statistics, decimal, json, re, datetime, csv…);
    other packages, files, the network and other programs are not. Nothing is kept from one run to the next.

    Args:
        source: The program. If its last statement is an expression, its value is the result.
        inputs: Values for the program, which finds them in the dict `inputs`.
    """
    enter()
    output, result, error = execute(source, {} if inputs is None else inputs)
    return {"output": output, "result": result, "error": error}
