"""The tool ``knowledge.search``."""

from __future__ import annotations

from typing import Annotated, Any

from lumosai_plugins.knowledge.collection import Collection
from lumosai_plugins.knowledge.passages import told
from lumosai_plugins.knowledge.searching import search
from lumosai_plugins.knowledge.settings import Settings
from lumosai_sdk.errors import InputError, ToolError
from lumosai_sdk.functions import FunctionTool
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.tools import ToolContext


class Search(FunctionTool[..., Any]):
    """The tool ``knowledge.search``."""

    def __init__(self, context: PluginContext) -> None:
        made = FunctionTool.of(_Search(context).search, id="knowledge.search")
        super().__init__(made.fn, made.spec, made.signature)


class _Search:
    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._settings = Settings.of(context.settings)

    async def search(
        self,
        question: Annotated[str, {"minLength": 1, "maxLength": 2000}],
        context: ToolContext,
        collection: Annotated[str, {"maxLength": 64}] = "",
    ) -> str:
        """Look something up in the documents: return the passages that answer a question best, to be cited by number.

        Args:
            question: What is to be known, in a sentence or as keywords.
            context: The call.
            collection: Where to look, if there are several collections.
        """
        try:
            name = self._settings.chosen(context.agent, collection)
            place = Collection(self._context, self._settings.collection(name), context.principal)
            return told(await search(place, question, self._settings.passages))
        except InputError as e:
            raise ToolError(e.message) from None
