"""``/``, ``/openapi.json`` and ``/docs``: where to go from here."""

from __future__ import annotations

from collections.abc import Sequence

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.docs_page import POLICY, render
from lumosai.gateway.openapi import document
from lumosai.gateway.operation import Operation
from lumosai.gateway.reply import Reply, dump, json_reply
from lumosai.gateway.shapes import Pointer
from lumosai.version import __version__

POINTER = {
    "name": "LumosAI",
    "version": __version__,
    "openapi": "/openapi.json",
    "docs": "/docs",
    "health": "/healthz",
}


class Documents:
    """The documents of all operations, made when first asked for."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = (*operations, *self._own())
        self._openapi: bytes | None = None
        self._page: bytes | None = None

    async def openapi(self, _: Call) -> ASGIApp:
        """Return the OpenAPI document."""
        if self._openapi is None:
            self._openapi = dump(document(self.operations))
        return Reply(self._openapi)

    async def page(self, _: Call) -> ASGIApp:
        """Return a page for people."""
        if self._page is None:
            self._page = render(document(self.operations))
        return Reply(self._page, media_type=b"text/html; charset=utf-8", headers=[POLICY])

    def _own(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "GET",
                "/",
                _pointer,
                "getRoot",
                "Tell where to go from here",
                "service",
                action="api.read",
                answers=Pointer,
                example=POINTER,
            ),
            Operation(
                "GET",
                "/openapi.json",
                self.openapi,
                "getOpenAPI",
                "Get this document",
                "service",
                action="api.read",
                example={"openapi": "3.1.0"},
            ),
            Operation(
                "GET",
                "/docs",
                self.page,
                "getDocs",
                "Read about the operations in a browser",
                "service",
                action="api.read",
                media_type="text/html",
                example="<!doctype html>",
            ),
        )


async def _pointer(_: Call) -> ASGIApp:
    return json_reply(POINTER)
