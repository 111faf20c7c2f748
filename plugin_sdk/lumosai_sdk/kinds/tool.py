"""The ``tool`` kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from lumosai_sdk.types.tools import ToolContext, ToolSpec


@runtime_checkable
class Tool(Protocol):
    """Something an agent can call."""

    @property
    def spec(self) -> ToolSpec:
        """How the tool is shown to the model."""
        ...

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Do it.

        *arguments* already satisfy the input schema. Returns any JSON value. Raises ToolError for what the model
        should be told; any other exception counts as a failure of the plugin.
        """
        ...
