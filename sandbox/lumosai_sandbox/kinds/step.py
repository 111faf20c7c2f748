"""Steps of sandboxed plugins."""

from __future__ import annotations

from typing import Any

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.kinds.base import MAX_TEXT, Adapter, as_it_is, fitting, refusal
from lumosai_sdk import wire
from lumosai_sdk.errors import ConflictError, InputError, LumosError
from lumosai_sdk.types.processors import RunInfo


class SandboxedStep(Adapter):
    """A step."""

    async def run(self, value: Any, context: RunInfo) -> Any:
        """Run it; see ``lumosai_sdk.kinds.Step``. Raises InputError for what it does not take, PluginError."""
        given = fitting(wire.dumps(value), MAX_TEXT, "the step's value")
        told = wire.dumps(wire.encode_context(context))
        try:
            text = await self.plugin.call("step.run", self.id, given, told, caller=self.caller(context))
        except GuestError as e:
            raise self._error(e) from None
        return await self.answer("step", text, as_it_is)

    def _error(self, error: GuestError) -> LumosError:
        if (refused := refusal(error)) is not None:
            return refused
        if error.kind in {"invalid-input", "not-found"}:
            return InputError(error.message, hint=error.hint)
        if error.kind == "conflict":
            return ConflictError(error.message, hint=error.hint)
        return self.failed("step", error)


make = SandboxedStep
