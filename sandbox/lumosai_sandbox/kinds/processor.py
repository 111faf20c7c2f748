"""Processors of sandboxed plugins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.kinds.base import MAX_TEXT, Adapter, Calls, fitting, refusal
from lumosai_sdk import wire
from lumosai_sdk.errors import PluginLoadError
from lumosai_sdk.types.processors import PHASES, Phase, RunInfo


class SandboxedProcessor(Adapter):
    """A processor. A guard that fails lets nothing pass: whatever is not an answer is an error."""

    def __init__(self, plugin: Calls, contribution: Mapping[str, Any]) -> None:
        """Read the manifest's words. Raises PluginLoadError where the phases are missing."""
        super().__init__(plugin, contribution)
        self.phases: frozenset[Phase] = frozenset(contribution.get("phases", ()))
        if not self.phases:
            raise PluginLoadError(
                plugin.name,
                f"processor {self.id!r}",
                'lumos-plugin.toml names no phases for it, which the runtime "wasm" needs',
                hint=f"phases = [...], of: {', '.join(PHASES)}",
            )

    async def process(self, phase: Phase, value: Any, context: RunInfo) -> Any:
        """Hand it what passes; see ``lumosai_sdk.kinds.Processor``. Raises BlockedError, PluginError."""
        given = fitting(wire.dumps(value), MAX_TEXT, "what passes")
        told = wire.dumps(wire.encode_context(context))
        try:
            text = await self.plugin.call("processor.process", self.id, phase, given, told, caller=self.caller(context))
        except GuestError as e:
            raise refusal(e) or self.failed("processor", e) from None
        return await self.answer("processor", text, lambda found: wire.decode_passing(phase, found))


make = SandboxedProcessor
