"""The ``route`` kind."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from lumosai_sdk.types.http import HttpRequest, HttpResponse


@runtime_checkable
class Route(Protocol):
    """Serves HTTP under the plugin's own prefix, ``/plugins/<plugin>/``."""

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer a request whose method and path the manifest names."""
        ...
