"""The provider ``multi``: ``multi/<vendor>:<model>``."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from lumosai_plugins.multi.vendors import VENDORS, check, split
from lumosai_sdk.errors import MissingExtraError
from lumosai_sdk.types.models import ModelChunk, ModelInfo, ModelRequest, ModelResponse
from lumosai_sdk.types.plugins import PluginContext

if TYPE_CHECKING:
    from lumosai_plugins.multi.engine import Engine


class MultiProvider:
    """Chat models of vendors with a wire format of their own.

    Raises ConfigError, when made, for settings that cannot be used. The library behind it is imported in a thread
    when a model is first asked.
    """

    def __init__(self, context: PluginContext) -> None:
        settings = context.settings
        self._vendors: Mapping[str, Mapping[str, Any]] = settings.get("vendors", {})
        self._timeout: float = settings.get("timeout", 600.0)
        self._priced: bool = settings.get("prices", True)
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        check(self._vendors)

    async def models(self) -> Sequence[ModelInfo]:
        """Return, for every vendor with settings or a key, the models listed there or else known by name."""
        found: list[ModelInfo] = []
        for name, vendor in VENDORS.items():
            table = self._vendors.get(name)
            if table is not None and table.get("models"):
                found += [ModelInfo(f"{name}:{m}") for m in table["models"]]
            elif table is not None or vendor.has_key():
                found += [ModelInfo(m) for m in (await self._ready()).known(name)]
        return found

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Return the whole answer. Raises ModelError, or MissingExtraError with the command that mends it."""
        split(request.model)
        return await (await self._ready()).complete(request)

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        """Yield the answer as it comes. Raises as ``complete`` does."""
        split(request.model)
        async with aclosing((await self._ready()).stream(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def aclose(self) -> None:
        """Close the connections."""
        if self._engine is not None:
            await self._engine.aclose()

    async def _ready(self) -> Engine:
        if self._engine is None:
            return await asyncio.to_thread(self._load)
        return self._engine

    def _load(self) -> Engine:
        try:
            from lumosai_plugins.multi.engine import Engine
        except ImportError:
            raise MissingExtraError("the multi provider", "multi") from None
        with self._lock:
            if self._engine is None:
                self._engine = Engine(self._vendors, self._timeout, priced=self._priced)
            return self._engine
