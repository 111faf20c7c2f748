"""Which pages of other origins may call the service (https://fetch.spec.whatwg.org/#http-cors-protocol): none, if
``[server.cors]`` names none.
"""

from __future__ import annotations

import re

from lumosai.config.model import CorsConfig
from lumosai.gateway.asgi import Scope
from lumosai.gateway.reply import Header, Reply, no_content

METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
EXPOSED = (
    b"deprecation, etag, idempotency-replayed, link, location, ratelimit, ratelimit-policy, retry-after, sunset, "
    b"x-lumos-run, x-request-id"
)
_NAMES = re.compile(rb"[A-Za-z0-9_, -]{1,1024}")


class Cors:
    """Answers preflights, and says to browsers which pages may read an answer."""

    def __init__(self, config: CorsConfig) -> None:
        self._config = config
        self._origins = frozenset(o.encode() for o in config.origins)
        self._any = b"*" in self._origins

    def allows(self, origin: bytes) -> bool:
        """Tell whether a page of that origin may call the service. A page without one may not."""
        return origin in self._origins or (self._any and origin != b"null" and origin.startswith(b"http"))

    def told(self, origin: bytes) -> list[Header]:
        """Return what every answer to a page of an allowed origin says."""
        allowed = b"*" if self._any else origin
        out = [(b"access-control-allow-origin", allowed), (b"access-control-expose-headers", EXPOSED)]
        if not self._any:
            out.append((b"vary", b"origin"))
        if self._config.credentials:
            out.append((b"access-control-allow-credentials", b"true"))
        return out

    def preflight(self, scope: Scope) -> Reply | None:
        """Return the answer to a browser that asks for leave, or None for another request."""
        if scope["method"] != "OPTIONS":
            return None
        headers = dict(scope["headers"])
        if b"access-control-request-method" not in headers:
            return None
        reply = no_content()
        reply.headers += [
            (b"access-control-allow-methods", METHODS),
            (b"access-control-max-age", b"%d" % self._config.max_age),
        ]
        # What a page may send is no danger: it is the origin that is trusted.
        asked = headers.get(b"access-control-request-headers", b"")
        if _NAMES.fullmatch(asked):
            reply.headers.append((b"access-control-allow-headers", asked))
        return reply
