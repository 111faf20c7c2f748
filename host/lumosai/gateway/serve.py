"""Listening: the address, the signals, and a stop that lets what is under way finish."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import math
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from lumosai.gateway.listening import BACKLOG, bound, require_extra, room
from lumosai.gateway.signals import AT_ONCE, hangups, reread, stopping
from lumosai.gateway.source import Listener, Source
from lumosai.host import Host
from lumosai_sdk.errors import ConfigError, LumosError

if TYPE_CHECKING:
    import uvicorn

T = TypeVar("T")
KEEP_ALIVE = 20
INTERRUPTING = 2
"""Seconds that what does not end in time has for saying so."""
SETTLING = 5.0
LOADED = 2.0
"""Seconds after which what a service needs is there."""
COLLECTING = (20_000, 20, 50)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run *main*, which serves, on the fastest event loop there is. Returns what it returns."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.get_loop().call_later(LOADED, _leave_alone)
        return runner.run(main)


def _leave_alone() -> None:
    """Take what is loaded out of the garbage collector's sight: looking through it took a seventh of the processor."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTING)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if find_spec("uvloop") is None:
        return None
    import uvloop

    return uvloop.new_event_loop


async def serve(
    host: Host,
    *,
    address: str | None = None,
    port: int | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve an open host until SIGINT or SIGTERM (a second one does not wait) or until cancelled.

    What is under way then has ``[server] drain`` seconds to finish. *address* and *port* override ``[server]``;
    *on_ready* is told the URL once it is listened on. SIGHUP reads ``lumos.toml`` again. Raises ConfigError for an
    address that cannot be used, or that others can reach while nobody asks who they are, and MissingExtraError.
    """
    require_extra()
    listener = await bound(host.config.server, address, port)
    try:
        await serve_from(host, Listener(listener, on_ready))
    finally:
        listener.close()


async def serve_from(host: Host, source: Source, *, alone: bool = True) -> None:
    """Serve an open host to those who come from *source*, until it is told to stop as ``serve`` is.

    One that is not *alone* is told so by whoever started it: what is typed at a terminal is not for it, and SIGTERM,
    which may come from others too, is the same however often it comes. Raises ConfigError.
    """
    _check_auth(host)
    server = _server(host, source)
    group = "" if alone else str(os.getppid())
    async with server.config.app.sockets.peers.open(group):  # type: ignore[union-attr]
        with _signals(server, host, alone=alone):
            await _until_stopped(server, source.sockets)
        await _settled(server)


@contextlib.contextmanager
def _signals(server: uvicorn.Server, host: Host, *, alone: bool) -> Iterator[None]:
    if alone:
        stop = partial(_stop, server, host)
        with stopping(stop, (signal.SIGINT, signal.SIGTERM)), hangups(partial(reread, host), stop):
            yield
    else:
        at_once = stopping(partial(_stop_now, server, host), (AT_ONCE,))
        with stopping(partial(_end, server), (signal.SIGTERM,)), at_once:
            yield


def _check_auth(host: Host) -> None:
    """Raise ConfigError for an authenticator that is not there, or cannot be made: nobody would ever be let in."""
    for auth_id in host.config.server.auth:
        try:
            host.registry.get("auth", auth_id).obj  # noqa: B018 - made here, so that it fails here
        except LumosError as e:
            raise ConfigError(f"[server] auth: {e.message}", hint=e.hint or "lumos plugin list") from None


def _server(host: Host, source: Source) -> uvicorn.Server:
    import uvicorn

    from lumosai.gateway.app import create_app
    from lumosai.gateway.plugin_log import end_followers
    from lumosai.gateway.ws import bounds

    class Server(uvicorn.Server):
        """Uvicorn, except that the signals are ours, and that it tells its source how it stands."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            source.begin(self._connected)

        def _connected(self) -> asyncio.Protocol:
            made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
                config=self.config, server_state=self.server_state, app_state=self.lifespan.state
            )
            return made

        async def on_tick(self, counter: int) -> bool:
            source.count(len(self.server_state.connections))
            return await super().on_tick(counter)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            source.end()
            end_followers(host)  # theirs are answers without end, which would be waited for
            seconds = host.config.server.drain
            self.config.timeout_graceful_shutdown = math.ceil(seconds) + INTERRUPTING
            runs = asyncio.create_task(host.runs.drain(seconds))
            await super().shutdown(sockets)
            await runs

        def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
            # Uvicorn would raise the signal again when it is done, before the host has closed its storage.
            return contextlib.nullcontext()

    config = uvicorn.Config(
        create_app(host, source.board),
        http=_protocol(host.config.server.connections),
        ws=_websockets(),
        ws_max_size=bounds.MESSAGE_BYTES,
        ws_ping_interval=bounds.PING_SECONDS,
        ws_ping_timeout=bounds.PING_SECONDS,
        ws_per_message_deflate=False,  # a client could make much of little, and each costs memory of its own
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
    )
    return Server(config)


def _protocol(connections: int | None) -> type[asyncio.Protocol] | Literal["h11"]:
    if find_spec("httptools") is None:
        return "h11"  # slower, with a limit of its own
    from lumosai.gateway.protocol import LimitedProtocol

    made = partial(LimitedProtocol, most=connections or room())
    return cast("type[asyncio.Protocol]", made)


def _websockets() -> type[asyncio.Protocol] | Literal["none"]:
    if find_spec("websockets") is None:
        return "none"
    from lumosai.gateway.ws.protocol import Wire

    return Wire


def _stop(server: uvicorn.Server, host: Host) -> None:
    """Ask to stop; who asks again does not wait."""
    if server.should_exit:
        _stop_now(server, host)
    else:
        _end(server)


def _end(server: uvicorn.Server) -> None:
    server.should_exit = True


def _stop_now(server: uvicorn.Server, host: Host) -> None:
    server.should_exit = server.force_exit = True
    host.runs.interrupt()


async def _until_stopped(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
    """Serve until the server is told to stop. Being cancelled is one way to tell it."""
    task = asyncio.create_task(server.serve(sockets=sockets))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        server.should_exit = True
        await task
        raise


async def _settled(server: uvicorn.Server) -> None:
    """Wait until the requests that were cancelled have recorded that."""
    tasks = set(server.server_state.tasks)
    if server.force_exit:  # told twice, uvicorn leaves them as they are
        for task in tasks:
            task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=SETTLING)
