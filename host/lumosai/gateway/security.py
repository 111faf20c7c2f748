"""Who may talk to the service at all. Without an authenticator: programs on this machine, no web page but its own.

A browser on the owner's machine can reach the loopback address on behalf of any page it shows. What betrays the page: a
``Host`` that is not a loopback name (DNS rebinding), an ``Origin`` that is not the service's own (Fetch standard,
https://fetch.spec.whatwg.org/#origin-header), or ``Sec-Fetch-Site`` (https://www.w3.org/TR/fetch-metadata/).
"""

from __future__ import annotations

from functools import lru_cache

from lumosai.config.model import ServerConfig
from lumosai.gateway import heads
from lumosai.gateway.address import Addresses, is_loopback
from lumosai.gateway.asgi import ASGIApp, Receive, Scope, Send
from lumosai.gateway.cors import Cors
from lumosai.gateway.errors import BadRequestError
from lumosai.gateway.identity import ANONYMOUS, Door, identify
from lumosai.gateway.limits import Meter, Meters, neighbourhood
from lumosai.gateway.problems import failure
from lumosai.gateway.reply import Reply
from lumosai.gateway.workers.board import Board
from lumosai.gateway.workers.table import Table
from lumosai.gateway.ws import opening
from lumosai.host import Host
from lumosai_sdk.errors import LumosError, PermissionDeniedError, UnauthenticatedError
from lumosai_sdk.types.auth import LOCAL, Principal
from lumosai_sdk.types.caller import RUN
from lumosai_sdk.types.processors import RunInfo

PUBLIC = frozenset({"/healthz", "/readyz"})
_CONFIGURE = "to serve others, configure [server] auth"
_UNCOUNTED = Meter(Table.private(1), 0)
"""The owner's: nobody looks at it."""
_FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})


class Security:
    """Pure ASGI middleware: refuses strangers and foreign pages, and notes the caller in the scope."""

    def __init__(self, app: ASGIApp, host: Host, door: Door, board: Board | None = None) -> None:
        """Guard *app*; callers are counted on the *board*, which other processes of the service may share."""
        self._app = app
        self._host = host
        self._door = door
        board = board or Board.private()
        self._config = config = host.config.server
        self._addresses = Addresses(config.trusted_proxies)
        self._cors = Cors(config.cors)
        self._callers = Meters(config.limits.caller, board.callers, board.secret)
        self._strangers = Meters(config.limits.address, board.strangers, board.secret)

    def _take_over(self, config: ServerConfig) -> None:
        """Go by what of ``[server]`` may change while it is served; the host has left the rest as it was."""
        self._config = config
        self._cors = Cors(config.cors)
        self._callers.limits = config.limits.caller
        self._strangers.limits = config.limits.address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            passed = await self._admit(scope)
        except LumosError as e:
            scope["lumos.refused"] = True
            await failure(scope, e)(scope, receive, send)
            return
        if isinstance(passed, Reply):
            await passed(scope, receive, send)
            return
        # A request is a task of its own: whatever a plugin does in it is done for this caller.
        RUN.set(RunInfo(principal=scope["lumos.principal"]))
        try:
            await self._app(scope, receive, send)
        finally:
            passed.leave()

    async def _admit(self, scope: Scope) -> Meter | Reply:
        """Note who calls, and return its meter, or the answer to a browser that asks for leave. Raises LumosError."""
        if self._host.config.server is not self._config:
            self._take_over(self._host.config.server)
        scope["lumos.address"] = self._addresses.of(scope)
        host = _own_host(scope)
        if is_open := self._door.is_open():
            _check_local(scope, host)
        if self._is_foreign(scope, host) and (reply := self._cors.preflight(scope)):
            return reply
        heads.check(scope)
        opening.lend(scope, self._recognised, None if is_open else self._callers)
        if is_open:
            scope["lumos.principal"] = LOCAL
            return _UNCOUNTED
        return await self._known(scope)

    def _is_foreign(self, scope: Scope, host: bytes) -> bool:
        """Tell whether a page of an allowed origin asks. Raises PermissionDeniedError for one of another."""
        origin = next((v for k, v in scope["headers"] if k == b"origin"), b"")
        if origin and self._cors.allows(origin):
            scope.setdefault("lumos.headers", []).extend(self._cors.told(origin))
            return True
        _check_page(scope, host)
        return False

    async def _recognised(self, scope: Scope) -> Principal:
        """Return whose a connection is now. Raises LumosError where it is nobody's any more."""
        if self._door.is_open():
            return LOCAL
        return await identify(self._host, self._door.auth_ids, scope)

    async def _known(self, scope: Scope) -> Meter:
        address = neighbourhood(scope["lumos.address"])
        if scope["path"] in PUBLIC:
            scope["lumos.principal"] = ANONYMOUS
            return self._strangers.enter(address)[0]
        trying = self._strangers.begin(address)
        try:
            caller = scope["lumos.principal"] = await identify(self._host, self._door.auth_ids, scope)
        except UnauthenticatedError:
            if opening.may_say_later(scope):
                scope["lumos.principal"] = ANONYMOUS
                return self._strangers.enter(address)[0]
            # Only those who fail are held back: one of them must not lock out others behind the same address.
            self._strangers.charge(address)
            raise
        finally:
            trying.leave()
        meter, told = self._callers.enter(caller.credential or f"{caller.tenant}/{caller.id}", caller.allowance)
        scope.setdefault("lumos.headers", []).extend(told)
        return meter


def _own_host(scope: Scope) -> bytes:
    """Return the ``Host`` header. Raises BadRequestError unless there is exactly one (RFC 9112 section 3.2)."""
    hosts = [v for k, v in scope["headers"] if k == b"host"]
    if len(hosts) != 1:
        raise BadRequestError("a request has one Host header")
    return bytes(hosts[0])


def _check_page(scope: Scope, host: bytes) -> None:
    """Raise PermissionDeniedError for a request that another site's page made a browser send."""
    site, mode = b"", b""
    for name, value in scope["headers"]:
        if name == b"origin":
            # https: what stands before the service may have taken off the encryption.
            if value not in {b"http://" + host, b"https://" + host}:
                raise PermissionDeniedError("pages of other origins may not call this service")
        elif name == b"sec-fetch-site":
            site = value
        elif name == b"sec-fetch-mode":
            mode = value
    if site in {b"cross-site", b"same-site"} and not (mode == b"navigate" and scope["method"] == "GET"):
        raise PermissionDeniedError("pages of other sites may not call this service")


def _check_local(scope: Scope, host: bytes) -> None:
    """Raise PermissionDeniedError for what does not come from this machine, or did not mean to come here."""
    if not is_loopback_name(host):
        raise PermissionDeniedError("the Host header is no name of this machine's loopback address", hint=_CONFIGURE)
    client = scope.get("client")
    if client is not None and not is_loopback(client[0]):
        raise PermissionDeniedError("only this machine may call a service without authentication", hint=_CONFIGURE)
    if any(name in _FORWARDED for name, _ in scope["headers"]):
        raise PermissionDeniedError("forwarded requests come from elsewhere", hint=_CONFIGURE)


@lru_cache(maxsize=256)
def is_loopback_name(host: bytes) -> bool:
    """Tell whether a ``Host`` header names the loopback address: ``localhost``, 127.0.0.0/8 or ``[::1]``, any port."""
    name = host.decode("latin-1").lower()
    if name.startswith("["):
        literal, bracket, port = name[1:].partition("]")
        return bool(bracket) and (not port or port[1:].isdecimal()) and is_loopback(literal)
    name, _, port = name.partition(":")
    return (not port or port.isdecimal()) and (name == "localhost" or is_loopback(name))
