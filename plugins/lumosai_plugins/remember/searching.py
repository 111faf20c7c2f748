"""The tool ``remember.search``: for agents that look for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lumosai_plugins.remember.keeping import owner_of
from lumosai_plugins.remember.recall import passages_of, told
from lumosai_sdk.errors import ToolError
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.tools import ToolContext, ToolSpec

_DATE = {"type": "string", "maxLength": 32}


class Search:
    """Searches what the person of the run said, and was told; nobody else's."""

    spec = ToolSpec(
        "remember.search",
        "Search what this person and you said in earlier conversations, by meaning; within a time, if you like.",
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["query"],
            "properties": {
                "query": {"type": "string", "minLength": 1, "maxLength": 2000, "description": "What to look for."},
                "since": {**_DATE, "description": "Not before this date or time (ISO 8601, UTC)."},
                "until": {**_DATE, "description": "Before this date or time (ISO 8601, UTC)."},
                "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 5, "description": "How many."},
            },
        },
    )

    def __init__(self, context: PluginContext) -> None:
        self._passages = passages_of(context)

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> str:
        """Return what was found, closest first. Raises ToolError, LumosError."""
        at = {op: _time(arguments[key]) for op, key in (("gte", "since"), ("lt", "until")) if key in arguments}
        owner = owner_of(context.principal)
        found = await self._passages.find(
            owner, arguments["query"], arguments.get("limit", 5), {"at": at} if at else {}
        )
        return told(found) or "nothing was found"


def _time(text: str) -> float:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ToolError(f"{text!r} is no date or time in ISO 8601, such as 2026-11-23") from None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
