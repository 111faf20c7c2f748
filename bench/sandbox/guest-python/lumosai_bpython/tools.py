"""The work of bench/sandbox/guest.c, in Python."""

from __future__ import annotations

from typing import Any

from lumosai_sdk import tool


@tool(id="b.greet")
def greet(name: str, n: int) -> dict[str, Any]:
    """Greet, and count on."""
    return {"greeting": f"hello {name}", "sum": n + 1}
