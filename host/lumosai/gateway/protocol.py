"""HTTP/1.1 with patience and memory for no more of a request's head than a request needs."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lumosai.gateway.joined import Joined

HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 20.0
BODY_SECONDS = 75.0
"""More than an operation waits for a body: this is for bodies that none reads, such as those of refused requests."""


class LimitedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which by itself reads an endless head and waits for ever for a slow one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head = 0
        self._in_head = True
        self._patience: asyncio.TimerHandle | None = None
        self._until: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast("asyncio.Transport", Joined(transport, self.loop)))
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            # What came before this piece was all head, or the parser would have told.
            if self._head > HEAD_BYTES:
                self.send_400_response("The head of the request is too long.")
                return
            self._head += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        self._in_head = True
        self._wait(HEAD_SECONDS)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, 0
        self._wait(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._until = None
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._stop_waiting()  # the connection is another protocol's from here
        self.transport = cast("Joined", self.transport).below
        super().handle_websocket_upgrade()

    def _wait(self, seconds: float) -> None:
        """Be patient for so long from now. One timer does for many requests: it looks when it rings."""
        until = self._until = self.loop.time() + seconds
        timer = self._patience
        if timer is None or until < timer.when():
            self._stop_ringing()
            self._patience = self.loop.call_at(until, self._ring)

    def _stop_waiting(self) -> None:
        self._until = None
        self._stop_ringing()

    def _stop_ringing(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _ring(self) -> None:
        self._patience = None
        if self._until is None:
            return
        if self._until > self.loop.time():
            self._patience = self.loop.call_at(self._until, self._ring)
        elif not self.transport.is_closing():
            self.transport.close()
