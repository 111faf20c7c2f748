"""What the host does for plugins, on their account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from lumosai_sdk.kinds.storage import KeyValueStore
from lumosai_sdk.types.caller import Caller


class HostServices(Protocol):
    """The services behind the rights ``kv``, ``models`` and ``tools``. Whoever calls them has checked the right."""

    def kv(self) -> KeyValueStore:
        """Return the store the host itself keeps its data in; the caller chooses the namespace."""
        ...

    async def complete(self, request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        """Ask a model: ``{"model": "provider/name", "messages", …}`` to ``{"text", "finish_reason", "usage", …}``."""
        ...

    async def embed(self, request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        """Embed texts: ``{"model", "inputs"}`` to ``{"vectors", "usage"}``."""
        ...

    async def call_tool(self, id: str, arguments: Mapping[str, Any], caller: Caller) -> Any:  # noqa: A002
        """Call a tool as the model would, validation, timeout and processors included.

        Every plugin of ``caller.chain`` must have been granted the tool. Raises PermissionDeniedError for one that was
        not, for a tool that needs approval, and for a chain that is too long.
        """
        ...
