"""No more of a body than ``[server] max_body``, however it comes, and none that would have to be unpacked."""

from __future__ import annotations

from lumosai.gateway.asgi import ASGIApp, Message, Receive, Scope, Send
from lumosai.gateway.errors import BadRequestError, BodyTooLargeError, FramingError, UnsupportedMediaError
from lumosai.gateway.problems import failure


class BodyLimit:
    """Pure ASGI middleware that counts what arrives, declared (``Content-Length``) or in chunks."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length, coding = 0, b""
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = int(value) if value.isdigit() else -1
            elif name == b"transfer-encoding":
                coding = coding + b"," + value if coding else value.strip().lower() or b"none"
            elif name == b"content-encoding" and value.strip().lower() not in {b"", b"identity"}:
                error = UnsupportedMediaError("compressed bodies are not unpacked", hint="send it as it is")
                await failure(scope, error)(scope, receive, send)
                return
        if length < 0:
            await failure(scope, BadRequestError("Content-Length is no number"))(scope, receive, send)
        elif coding and (coding != b"chunked" or scope["http_version"] == "1.0"):
            # Whoever stands before this service may have ended the body elsewhere (RFC 9112 section 6.1).
            framing = FramingError("a body comes as it is, with its length or in the chunks of HTTP/1.1")
            await failure(scope, framing)(scope, receive, send)
        elif length > self._limit:
            await failure(scope, BodyTooLargeError(self._limit))(scope, receive, send)
        else:
            await self._app(scope, self._counted(receive) if length or coding else receive, send)

    def _counted(self, receive: Receive) -> Receive:
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._limit:
                raise BodyTooLargeError(self._limit)
            return message

        return counted
