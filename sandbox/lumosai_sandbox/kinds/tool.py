"""Tools of sandboxed plugins. What the model is shown stands in the manifest: to list tools, no code runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.kinds.base import Adapter, Calls, as_it_is, fitting, refusal
from lumosai_sdk import wire
from lumosai_sdk.errors import InputError, LumosError, PluginLoadError, ToolError
from lumosai_sdk.types.tools import ToolContext, ToolSpec


class SandboxedTool(Adapter):
    """A tool."""

    def __init__(self, plugin: Calls, contribution: Mapping[str, Any]) -> None:
        """Read the manifest's words. Raises PluginLoadError where the schema is missing."""
        super().__init__(plugin, contribution)
        schema = contribution.get("input_schema")
        if schema is None:
            raise PluginLoadError(
                plugin.name,
                f"tool {self.id!r}",
                'lumos-plugin.toml has no input_schema for it, which the runtime "wasm" needs',
                hint="lumos plugin build writes it from the code",
            )
        self.target: str = contribution["target"]
        self.spec = ToolSpec(
            self.id,
            contribution.get("description", ""),
            schema,
            contribution.get("output_schema"),
            contribution.get("approval", "never"),
            contribution.get("timeout"),
            contribution.get("side_effects", False),
        )

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Call it; see ``lumosai_sdk.kinds.Tool``. Raises ToolError, and PluginError for a guest that misbehaves."""
        try:
            given = fitting(wire.dumps(arguments), self.plugin.limits.arguments, "the JSON of the arguments")
        except InputError as e:
            raise ToolError(e.message) from None
        try:
            text = await self._called(given, context)
        except GuestError as e:
            raise self._error(e) from None
        return await self.answer("tool", text, as_it_is)

    async def _called(self, given: str, context: ToolContext) -> str:
        caller = self.caller(context)
        if not await self.plugin.ours():
            return await self.plugin.call(self.target, given, caller=caller)
        told = wire.dumps(wire.encode_context(context))
        return await self.plugin.call("tool.call", self.id, given, told, caller=caller)

    def _error(self, error: GuestError) -> LumosError:
        if error.kind == "internal":
            return self.failed("tool", error)
        return refusal(error) or ToolError(error.message, hint=error.hint)


make = SandboxedTool
