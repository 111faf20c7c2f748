"""How a WebSocket is opened: by a GET that passes the same guards as every other, and can be answered as every other.

Browsers open WebSockets to anywhere, with whatever the browser knows of the place (cross-site WebSocket hijacking, RFC
6455 section 10.2); they tell whose page it was by ``Origin``, which the guards look at. Scripts cannot set headers:
they bring their token as a subprotocol, ``lumos.bearer.<token in base64url>``, or in the first message.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from lumosai.gateway.asgi import Message, Receive, Scope, Send
from lumosai.gateway.audit import Audit
from lumosai.gateway.limits import Meters
from lumosai_sdk.types.auth import Principal

PATH = "/v1/ws"
PROTOCOL = "lumos.v1"
BEARER = "lumos.bearer."
OPENING = "lumos.opening"
WIRE = "lumos.wire"
"""Where the scope has the connection below it, ``protocol.Wire``, if that is how it is served."""
_ANSWERS = {"http.response.start", "http.response.body"}
Recognise = Callable[[Scope], Awaitable[Principal]]


@dataclass(slots=True)
class Opening:
    """A request to open a WebSocket: the connection, and what its session needs of the guards."""

    receive: Receive
    send: Send
    audit: Audit
    subprotocol: str | None
    recognise: Recognise | None = None
    """Tells whose the connection is, asked again."""
    callers: Meters | None = None
    """Counts what known callers ask; None where nobody is counted."""
    accepted: bool = field(default=False)

    async def accept(self) -> None:
        """Open the connection."""
        self.accepted = True
        await self.send({"type": "websocket.accept", "subprotocol": self.subprotocol})


def as_request(scope: Scope, receive: Receive, send: Send, audit: Audit) -> tuple[Scope, Receive, Send]:
    """Return the request that opens a WebSocket; what it is answered with refuses it."""
    offered = scope.get("subprotocols", ())
    opening = Opening(receive, send, audit, PROTOCOL if PROTOCOL in offered else None)
    headers = [(k, v) for k, v in scope["headers"] if k != b"sec-websocket-protocol"]
    # Next to a header of that name there would be two, which is refused.
    headers += [(b"authorization", b"Bearer " + t) for p in offered if (t := _token(p)) is not None]
    request = {**scope, "type": "http", "method": "GET", "headers": headers, OPENING: opening}
    extended = "websocket.http.response" in scope.get("extensions", {})

    async def answer(message: Message) -> None:
        if opening.accepted:
            if message["type"] == "http.response.start":
                await send({"type": "websocket.close", "code": 1011})
        elif extended and message["type"] in _ANSWERS:
            await send({**message, "type": f"websocket.{message['type']}"})
        elif message["type"] == "http.response.start":
            await send({"type": "websocket.close", "code": 1008})

    return request, _nothing, answer


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _token(offered: str) -> bytes | None:
    """Return the token that a subprotocol is; one that is none no authenticator knows."""
    if not offered.startswith(BEARER):
        return None
    text = offered.removeprefix(BEARER)
    try:
        token = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
    return token if is_token(token) else b""


def is_token(token: bytes) -> bool:
    """Tell whether a header can hold a token."""
    return token.isascii() and token.decode("latin-1").isprintable()


def may_say_later(scope: Scope) -> bool:
    """Tell whether a request opens a WebSocket and says nothing of whose it is, which its first message then does."""
    return OPENING in scope and all(name != b"authorization" for name, _ in scope["headers"])


def lend(scope: Scope, recognise: Recognise, callers: Meters | None) -> None:
    """Give the session of a WebSocket what it needs of the guards."""
    opening: Opening | None = scope.get(OPENING)
    if opening is not None:
        opening.recognise, opening.callers = recognise, callers
