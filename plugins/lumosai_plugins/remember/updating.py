"""The tool ``remember.update_working``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lumosai_plugins.remember.keeping import Keeping
from lumosai_plugins.remember.sheet import Sheet
from lumosai_plugins.remember.working import place_of
from lumosai_sdk.errors import ConflictError, ToolError
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.tools import ToolContext, ToolSpec


class UpdateWorking:
    """Changes the working memory of the person, or thread, of the run that calls it; no other is within reach."""

    spec = ToolSpec(
        "remember.update_working",
        "Change your working memory. Where it is Markdown, give all of it as text; where JSON, give what changes.",
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "text": {"type": "string", "description": "The whole memory as it is to be, in Markdown."},
                "changes": {
                    "type": "object",
                    "description": "What changes of a memory in JSON (merge patch): null takes a key out.",
                },
                "version": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "The version you were shown: if it has changed since, nothing is overwritten.",
                },
            },
        },
    )

    def __init__(self, context: PluginContext) -> None:
        self._sheet = Sheet(context)
        self._keeping = Keeping(context)

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> str:
        """Change it and return its version. Raises ToolError, StorageError."""
        place = place_of(self._sheet, context.principal, context.thread_id)
        if place is None:
            raise ToolError("this run has no thread, and this memory is kept by thread")
        try:
            kept = await self._keeping.change(place, lambda old: self._sheet.updated(old, arguments))
        except ConflictError as e:
            raise ToolError(e.message) from None
        return f"kept as version {kept['version']}"
