"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), written through ASGI."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from lumosai.gateway.asgi import Receive, Scope, Send
from lumosai.gateway.problems import log, stream_error
from lumosai.gateway.reply import Header, dump
from lumosai_sdk.errors import LumosError

HEARTBEAT = 15.0
STALLED = 45.0
_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)


def frame(event: str, data: object, event_id: int | None = None) -> bytes:
    """Return one event. JSON has no line breaks, so it is always one ``data`` line."""
    head = b"event: %b\n" % event.encode()
    tail = b"" if event_id is None else b"id: %d\n" % event_id
    return b"%b%bdata: %b\n\n" % (head, tail, dump(data))


class EventReply:
    """An answer that goes on until its frames end, the client goes, or the client has not taken a frame for too long.

    Closing *frames* is what cancels the run behind them, so they are closed however the answer ends.
    """

    def __init__(self, frames: AsyncGenerator[bytes, None], headers: Iterable[Header] = ()) -> None:
        self._frames = frames
        self._headers = [*_HEADERS, *headers]
        self._sending_since: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await self._frames.aclose()
            await send({"type": "http.response.start", "status": 200, "headers": self._headers})
            await send({"type": "http.response.body", "body": b""})
            return
        pump = asyncio.create_task(self._pump(scope, send))
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await self._attend(pump, gone, send)
        finally:
            for task in (pump, gone):
                task.cancel()
            await asyncio.wait([pump, gone])
        if not pump.cancelled() and (error := pump.exception()) is not None:
            raise error

    async def _attend(self, pump: asyncio.Task[None], gone: asyncio.Task[None], send: Send) -> None:
        """Wait for the end, with a comment now and then so that nobody in between takes the connection for dead."""
        while True:
            done, _ = await asyncio.wait([pump, gone], timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
            if done:
                return
            if self._sending_since is None:
                await send({"type": "http.response.body", "body": b": still here\n\n", "more_body": True})
            elif time.monotonic() - self._sending_since > STALLED:
                log.info("a client that takes no events is let go")
                return

    async def _pump(self, scope: Scope, send: Send) -> None:
        async with aclosing(self._frames):
            await self._send(send, {"type": "http.response.start", "status": 200, "headers": self._headers})
            try:
                async for piece in self._frames:
                    await self._send(send, {"type": "http.response.body", "body": piece, "more_body": True})
            except LumosError as e:
                await self._send(send, _last(stream_error(scope, e)))
            except Exception:  # noqa: BLE001 - the status is sent; this is what is left to say
                request_id = scope.get("lumos.request_id", "-")
                log.exception("request %s: the stream failed", request_id)
                error = LumosError(f"the host failed; its log tells why, under {request_id}")
                await self._send(send, _last(stream_error(scope, error)))
            await self._send(send, {"type": "http.response.body", "body": b""})

    async def _send(self, send: Send, message: dict[str, object]) -> None:
        self._sending_since = time.monotonic()
        await send(message)
        self._sending_since = None


def _last(error: object) -> dict[str, object]:
    return {"type": "http.response.body", "body": frame("error", error), "more_body": True}


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
