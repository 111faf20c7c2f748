"""WebSocket as uvicorn speaks it, with what it leaves unbounded bounded, and a stop that the session is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from lumosai.gateway.ws.bounds import FRAGMENTS
from lumosai.gateway.ws.opening import WIRE

if TYPE_CHECKING:
    from websockets.frames import Frame
    from websockets.http11 import Request


class Wire(WebSocketsSansIOProtocol):
    """One connection. ``on_drain`` is called once when the server is about to stop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_drain: Callable[[], None] | None = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:  # noqa: PLR2004 - Switching Protocols
            self.scope[WIRE] = self  # type: ignore[literal-required]

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= FRAGMENTS:
            self.conn.fail(1009, "too many fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def pause_writing(self) -> None:
        # Who takes no answers asks no more: a pong goes out for every ping, past all queues.
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.read_paused:
            self.transport.resume_reading()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()  # closing would wait until somebody has read what is left

    def shutdown(self) -> None:
        if self.on_drain is None or self.close_sent:
            super().shutdown()
        else:
            self.on_drain()

    def cut(self) -> None:
        """End the connection at once, whatever has not been read."""
        self.transport.abort()
