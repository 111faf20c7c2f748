"""The tool ``toolsearch.find``."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from lumosai_plugins.toolsearch.settings import Settings
from lumosai_plugins.toolsearch.showing import Shown
from lumosai_sdk.errors import ToolError
from lumosai_sdk.functions import FunctionTool
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.tools import ToolContext

_DESCRIBED = 300


class Tool(TypedDict):
    """A tool that was found."""

    name: str
    description: str


class Find(FunctionTool[..., Any]):
    """The tool ``toolsearch.find``."""

    def __init__(self, context: PluginContext) -> None:
        made = FunctionTool.of(Search(Shown(Settings.of(context.settings))).find, id="toolsearch.find")
        super().__init__(made.fn, made.spec, made.signature)


class Search:
    """Searches among the tools of the agent that calls it."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    async def find(self, query: Annotated[str, {"minLength": 1, "maxLength": 500}], context: ToolContext) -> list[Tool]:
        """Search for tools by what they do. Those that are found can be called from the next step on.

        Args:
            query: A few words for what the tool should do, such as: create calendar event.
            context: The call.
        """
        found = self._shown.search(context.run_id, query)
        if found is None:
            raise ToolError("there is nothing to search: you are shown all tools already")
        if not found:
            raise ToolError("no tool fits these words; try others, or more general ones")
        return [{"name": t.id, "description": t.description[:_DESCRIBED]} for t in found]
