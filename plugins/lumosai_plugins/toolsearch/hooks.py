"""The plugin's hooks. Without its owner's word there are none, and models are shown all tools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from lumosai_sdk import hookimpl

if TYPE_CHECKING:
    from lumosai_plugins.toolsearch.showing import Shown
    from lumosai_sdk.types.models import ModelRequest, ModelResponse
    from lumosai_sdk.types.plugins import PluginContext
    from lumosai_sdk.types.processors import RunInfo

    Proceed = Callable[[ModelRequest], Awaitable[ModelResponse]]
    Middleware = Callable[[ModelRequest, Proceed], Awaitable[ModelResponse]]


def hooks(context: PluginContext) -> Hooks | None:
    """Return the plugin's hooks, or None while it is off."""
    if not context.settings.get("threshold"):
        return None
    from lumosai_plugins.toolsearch.settings import Settings
    from lumosai_plugins.toolsearch.showing import Shown

    return Hooks(Shown(Settings.of(context.settings)))


class Hooks:
    """Shows models the tools that fit, to agents that may search for the others."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    @hookimpl
    def lumos_around_model_call(self, run: RunInfo, model: str) -> Middleware:  # noqa: ARG002 - the hook's argument
        """Return what leaves out the tools that do not fit."""

        async def around(request: ModelRequest, proceed: Proceed) -> ModelResponse:
            tools = self._shown.pick(run.run_id, request.tools, request.messages)
            return await proceed(request if tools is request.tools else replace(request, tools=tools))

        return around
