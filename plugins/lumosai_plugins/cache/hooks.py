"""The middleware around calls of models. Without its owner's word there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from lumosai_sdk import hookimpl
from lumosai_sdk.types.caller import CACHING, Caching
from lumosai_sdk.types.models import ModelRequest, ModelResponse

if TYPE_CHECKING:
    from lumosai_plugins.cache.settings import Settings
    from lumosai_sdk.types.plugins import PluginContext
    from lumosai_sdk.types.processors import RunInfo

Proceed = Callable[[ModelRequest], Awaitable[ModelResponse]]
Middleware = Callable[[ModelRequest, Proceed], Awaitable[ModelResponse]]


def hooks(context: PluginContext) -> Hooks | None:
    """Return the plugin's hooks, or None while it is off."""
    from lumosai_plugins.cache.settings import Settings

    settings = Settings.of(context.settings)
    return None if settings.answers == "off" else Hooks(context, settings)


class Hooks:
    """Gives answers again. Of several who ask the same at once, one asks the model and the others wait for it."""

    def __init__(self, context: PluginContext, settings: Settings) -> None:
        from lumosai_plugins.cache.kept import Answers

        services = context.services
        store = services.kv if settings.storage and services is not None else None
        self._settings = settings
        self._answers = Answers(settings, store, context.log)
        self._asking: dict[str, asyncio.Event] = {}

    @hookimpl
    def lumos_around_model_call(self, run: RunInfo, model: str) -> Middleware:
        """Return what looks for the answer first."""

        async def around(request: ModelRequest, proceed: Proceed) -> ModelResponse:
            from lumosai_plugins.cache.keying import is_wanted, key_of

            caching = CACHING.get() or Caching()
            key = key_of(model, request, run.principal, self._settings) if is_wanted(request, self._settings) else None
            if key is None or not (caching.read or caching.write):
                caching.status = "bypass"
                return await proceed(request)
            return await self._answered(key, request, proceed, caching)

        return around

    async def _answered(self, key: str, request: ModelRequest, proceed: Proceed, caching: Caching) -> ModelResponse:
        if caching.read:
            if (found := await self._found(key)) is None and (other := self._asking.get(key)) is not None:
                await other.wait()
                # Whoever asked may have failed, or been cut off: then everybody asks for himself.
                found = await self._found(key)
            if found is not None:
                caching.status = "hit"
                return found
        caching.status = "miss"
        if not caching.write or key in self._asking:
            return await self._asked(key, request, proceed, caching)
        asking = self._asking[key] = asyncio.Event()
        try:
            return await self._asked(key, request, proceed, caching)
        finally:
            del self._asking[key]
            asking.set()

    async def _asked(self, key: str, request: ModelRequest, proceed: Proceed, caching: Caching) -> ModelResponse:
        from lumosai_plugins.cache.answers import is_whole, pack

        response = await proceed(request)
        if caching.write and is_whole(response):
            await self._answers.put(key, pack(response))
        return response

    async def _found(self, key: str) -> ModelResponse | None:
        from lumosai_plugins.cache.answers import unpack

        text = await self._answers.get(key)
        return None if text is None else unpack(text)
