"""``/``, ``/openapi.json``, ``/asyncapi.json`` and ``/docs``: where to go from here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.asyncapi import document as socket_document
from lumosai.gateway.call import Call
from lumosai.gateway.docs_page import POLICY, render
from lumosai.gateway.etags import tag_of
from lumosai.gateway.openapi import document
from lumosai.gateway.operation import Operation
from lumosai.gateway.reply import Reply, dump, json_reply
from lumosai.gateway.shapes import Pointer, SpecDocument
from lumosai.version import __version__

POINTER = {
    "name": "LumosAI",
    "version": __version__,
    "openapi": "/openapi.json",
    "asyncapi": "/asyncapi.json",
    "docs": "/docs",
    "health": "/healthz",
}


class Documents:
    """The documents of all operations, made when first asked for."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = (*operations, *self._own())
        self._made: dict[str, tuple[bytes, bytes]] = {}

    async def openapi(self, _: Call) -> ASGIApp:
        """Return the OpenAPI document."""
        body, tag = self._once("openapi", lambda: dump(document(self.operations)))
        return Reply(body, tag=tag)

    async def asyncapi(self, _: Call) -> ASGIApp:
        """Return the AsyncAPI document of the WebSocket."""
        body, tag = self._once("asyncapi", lambda: dump(socket_document()))
        return Reply(body, tag=tag)

    async def page(self, _: Call) -> ASGIApp:
        """Return a page for people."""
        body, tag = self._once("page", lambda: render(document(self.operations)))
        return Reply(body, media_type=b"text/html; charset=utf-8", headers=[POLICY], tag=tag)

    def _once(self, name: str, make: Callable[[], bytes]) -> tuple[bytes, bytes]:
        """Return a document with its tag, made when it is first asked for."""
        if name not in self._made:
            body = make()
            self._made[name] = (body, tag_of(body))
        return self._made[name]

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
                answers=SpecDocument,
                example={"openapi": "3.1.0"},
                stable=True,
            ),
            Operation(
                "GET",
                "/asyncapi.json",
                self.asyncapi,
                "getAsyncAPI",
                "Get the AsyncAPI document of the WebSocket",
                "service",
                action="api.read",
                answers=SpecDocument,
                example={"asyncapi": "3.0.0"},
                stable=True,
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
                stable=True,
            ),
        )


async def _pointer(_: Call) -> ASGIApp:
    return json_reply(POINTER)
