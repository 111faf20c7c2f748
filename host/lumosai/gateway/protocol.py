"""HTTP/1.1 with patience and memory for no more than requests need, and no doubt about where each of them ends."""

from __future__ import annotations

import asyncio
import re
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from lumosai.gateway.joined import Joined
from lumosai.gateway.unread import Unread
from lumosai.gateway.wire_refusals import TOO_MANY_CONNECTIONS, malformed

HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 20.0
"""Also those between two requests."""
BODY_SECONDS = 75.0
"""More than an operation waits for a body: this is for bodies that none reads, such as those of refused requests."""
AHEAD = 64
"""Requests that may come before the first of them is answered."""
_VERSIONS = frozenset({"1.1", "1.0"})
_AUTHORITY = re.compile(rb"[a-z][a-z0-9+.-]*://([^/?#]*)", re.IGNORECASE)


class LimitedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which by itself reads an endless head and waits for ever for a slow one."""

    def __init__(self, *args: Any, most: int | None = None, **kwargs: Any) -> None:
        """Make a connection of a process that holds *most* at a time."""
        super().__init__(*args, **kwargs)
        self._most = most
        self._head = 0
        self._in_head = True
        self._patience: asyncio.TimerHandle | None = None
        self._until: float | None = None
        self._unread: Unread | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast("asyncio.Transport", Joined(transport, self.loop)))
        if self._most is not None and len(self.connections) > self._most:
            self.transport.write(TOO_MANY_CONNECTIONS)
            self.transport.close()
            return
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        if self._unread is not None:
            self._unread.stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            # What came before this piece was all head, or the parser would have told.
            if self._head > HEAD_BYTES:
                self.send_400_response("the head of the request is too long")
                return
            self._head += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
        except httptools.HttpParserError as e:
            # What a check here found says more than the parser, which knows only that something did.
            self.send_400_response(str(e.__context__ or e))

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, and end the connection: nobody knows where the next one would begin."""
        cycle: RequestResponseCycle | None = self.cycle
        its_body = cycle is not None and cycle.more_body
        if cycle is None or cycle.response_complete or (its_body and not (cycle.response_started or self.pipeline)):
            self.transport.write(malformed(msg))
        elif not its_body:
            # An earlier request is being answered, and this would be taken for its answer.
            cycle.keep_alive = False
            return
        self.transport.close()

    def on_message_begin(self) -> None:
        self._in_head = True
        self._wait(HEAD_SECONDS)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, 0
        self._wait(BODY_SECONDS)
        upgrade = self._checked()
        super().on_headers_complete()
        if upgrade and not self._should_upgrade():
            self.cycle.keep_alive = False  # the parser drops what came along with it, which may be the next request
        if len(self.pipeline) > AHEAD:
            raise ValueError("too many requests came before the first was answered")

    def on_message_complete(self) -> None:
        super().on_message_complete()
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and cycle.response_complete:
            self._wait(HEAD_SECONDS)  # it was answered before it was whole
        else:
            self._until = None

    def on_response_complete(self) -> None:
        # As uvicorn does, which sets a timer each time and lets go of it for every byte that comes, line ends included.
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif not self.cycle.more_body:  # what is left of the body has its own time
            self._wait(HEAD_SECONDS)

    def handle_websocket_upgrade(self) -> None:
        self._stop_waiting()  # the connection is another protocol's from here
        self.transport = cast("Joined", self.transport).below
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = Unread(self.transport, self.loop)
        self._unread.watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.stop()

    def _checked(self) -> bool:
        """Tell whether a request wants another protocol. Raises ValueError for what others may read otherwise."""
        if self.parser.get_http_version() not in _VERSIONS:
            raise ValueError("this is no version of HTTP that is served")
        if not self.url.startswith(b"/"):
            self._take_authority()
        upgrade: bool = self.parser.should_upgrade()
        if upgrade:
            self._check_upgrade()
        return upgrade

    def _check_upgrade(self) -> None:
        # The parser takes what follows for the other protocol's, and after that for the next request.
        if any(n == b"transfer-encoding" or (n == b"content-length" and v.strip(b"0")) for n, v in self.headers):
            raise ValueError("a request to change the protocol has no body")

    def _take_authority(self) -> None:
        """Let the authority in the address be the ``Host``, which is to be ignored (RFC 9112 section 3.2.2)."""
        if named := _AUTHORITY.match(self.url):
            self.headers[:] = [(n, named[1] if n == b"host" else v) for n, v in self.headers]

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
