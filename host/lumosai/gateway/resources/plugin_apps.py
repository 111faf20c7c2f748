"""ASGI applications that plugins serve below ``/plugins/{plugin}/…``: protocols that other people's libraries speak.

The application is told who calls (``scope["lumosai.principal"]``) and never by what they proved it. Its answers may be
streams; cookies, CORS and what a browser would run on this origin are taken from them as from those of other routes.
"""

from __future__ import annotations

from lumosai.gateway.asgi import ASGIApp, Message, Receive, Scope, Send
from lumosai.gateway.call import Call
from lumosai.gateway.reply import Header
from lumosai.plugins.generation import CURRENT
from lumosai.plugins.registry import Entry
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.caller import RUN
from lumosai_sdk.types.processors import RunInfo

WITHHELD = frozenset({b"authorization", b"cookie", b"proxy-authorization"})
_TAKEN = frozenset({b"set-cookie", b"server", b"date", b"content-security-policy", b"clear-site-data", b"refresh"})
_SCOPE = ("type", "asgi", "http_version", "method", "scheme", "query_string", "client", "server")


class PluginApp:
    """Answers one request by a plugin's application."""

    def __init__(self, entry: Entry, call: Call, path: str, policy: Header) -> None:
        self._entry = entry
        self._call = call
        self._path = path
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it. Raises PluginError when the application fails before it has begun to answer."""
        generation, principal = self._entry.generation, self._call.principal
        app: ASGIApp = self._entry.obj
        generation.breaker.check()
        generation.enter()
        current, run = CURRENT.set(generation), RUN.set(RunInfo(principal=principal))
        try:
            await app(self._told(scope), receive, self._kept(send))
        except LumosError:
            raise
        except Exception as e:
            raise generation.failure(f"route {self._entry.id!r}", e) from e
        finally:
            RUN.reset(run)
            CURRENT.reset(current)
            generation.leave()

    def _told(self, scope: Scope) -> Scope:
        prefix = f"/plugins/{self._entry.generation.name}"
        return {
            **{k: scope[k] for k in _SCOPE if k in scope},
            "path": prefix + self._path,
            "raw_path": scope.get("raw_path"),
            "root_path": prefix,
            "headers": [h for h in scope["headers"] if h[0] not in WITHHELD],
            "extensions": {},
            "state": {},
            "lumosai.principal": self._call.principal,
        }

    def _kept(self, send: Send) -> Send:
        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(k.lower(), v) for k, v in message.get("headers", ())]
                message = {**message, "headers": [*(h for h in headers if _may_pass(h[0])), self._policy]}
            await send(message)

        return kept


def _may_pass(name: bytes) -> bool:
    return name not in _TAKEN and not name.startswith(b"access-control-")
