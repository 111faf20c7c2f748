"""The host's services for plugins: what stands behind the rights ``kv``, ``models`` and ``tools``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lumosai_sdk.errors import StorageError

if TYPE_CHECKING:
    from lumosai.host import Host
    from lumosai_sdk.kinds.storage import KeyValueStore
    from lumosai_sdk.types.caller import Caller


class Services:
    """Meets ``lumosai_sdk.types.services.HostServices``.

    It is there before the host has started: what it needs of the host is looked up when it is asked for.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self.loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Be ready for the plain functions of plugins, which call from threads."""
        from lumosai_sdk import native

        self.loop = asyncio.get_running_loop()
        native.bridge = _from_thread

    def kv(self) -> KeyValueStore:
        """Return the host's store. Raises StorageError while there is none."""
        storage: KeyValueStore | None = getattr(self._host, "storage", None)
        if storage is None:
            raise StorageError("the host has not opened its storage yet")
        return storage

    async def complete(self, request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        """Ask a model for *caller*. Raises LumosError."""
        from lumosai.services.models import complete

        return await complete(self._host, request, caller)

    async def embed(self, request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        """Embed texts for *caller*. Raises LumosError."""
        from lumosai.services.models import embed

        return await embed(self._host, request, caller)

    async def call_tool(self, id: str, arguments: Mapping[str, Any], caller: Caller) -> Any:  # noqa: A002
        """Call a tool for *caller*, as the model would. Raises LumosError."""
        from lumosai.services.tools import call_tool

        return await call_tool(self._host, id, arguments, caller)


def _from_thread(function: str, texts: tuple[str, ...]) -> str:
    from lumosai.services.native import ask

    return ask(function, texts)
