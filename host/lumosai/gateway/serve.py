"""Listening: the address, the signals, and a stop that lets what is under way finish."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from lumosai.host import Host
from lumosai_sdk.errors import ConfigError, LumosError, MissingExtraError

if TYPE_CHECKING:
    import uvicorn

T = TypeVar("T")
BACKLOG = 2048
DRAIN = 5
KEEP_ALIVE = 20
_SETTING = "[server] {0} in lumos.toml, LUMOS_SERVER__{1}, or lumos up --{0}"
_OPEN_HINT = (
    'lumos key create NAME --role run, and [server] auth = ["keys"] in lumos.toml; '
    'or listen on this machine only: [server] host = "127.0.0.1"'
)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run *main*, which serves, on the fastest event loop there is. Returns what it returns."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main)


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

    What is under way then has a moment to finish. *address* and *port* override ``[server]``; *on_ready* is told the
    URL once it is listened on. Raises ConfigError for an address that cannot be used, or that others can reach while
    nobody asks who they are, and MissingExtraError.
    """
    require_extra()
    config = host.config.server
    _check_auth(host)
    chosen, chosen_port = address or config.host, config.port if port is None else port
    listener = _listen(await _resolved(chosen, is_open=not config.auth), chosen_port)
    try:
        server = _server(host, on_ready, listener)
        with _signals(server):
            await _until_stopped(server, listener)
        await _settled(server)
    finally:
        listener.close()


def require_extra() -> None:
    """Raise MissingExtraError when what serves is not installed."""
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        raise MissingExtraError("the HTTP service", "server")


def _check_auth(host: Host) -> None:
    """Raise ConfigError for an authenticator that is not there, or cannot be made: nobody would ever be let in."""
    for auth_id in host.config.server.auth:
        try:
            host.registry.get("auth", auth_id).obj  # noqa: B018 - made here, so that it fails here
        except LumosError as e:
            raise ConfigError(f"[server] auth: {e.message}", hint=e.hint or "lumos plugin list") from None


async def _resolved(address: str, *, is_open: bool) -> tuple[socket.AddressFamily, str]:
    """Return the IP address to bind. Raises ConfigError when strangers could reach it and nobody asks who they are."""
    from lumosai.gateway.security import is_loopback

    try:
        found = await asyncio.get_running_loop().getaddrinfo(address, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as e:
        raise ConfigError(f"there is no address {address!r}: {e}", hint=_SETTING.format("host", "HOST")) from None
    family, ip = found[0][0], str(found[0][4][0])
    if is_open and not is_loopback(ip):
        raise ConfigError(
            f"{address} can be reached from elsewhere, and nothing asks callers who they are",
            hint=_OPEN_HINT,
        )
    return family, ip


def _listen(where: tuple[socket.AddressFamily, str], port: int) -> socket.socket:
    """Return a bound socket. Raises ConfigError naming the setting."""
    family, ip = where
    try:
        return socket.create_server((ip, port), family=family, backlog=BACKLOG)
    except OSError as e:
        shown = f"[{ip}]" if ":" in ip else ip
        if e.errno == errno.EADDRINUSE:
            why = f"port {port} on {shown} is taken by another program"
        else:
            why = f"cannot listen on {shown}:{port}: {e.strerror}"
        raise ConfigError(why, hint=f"choose another: {_SETTING.format('port', 'PORT')} (0 takes a free one)") from None


def _server(host: Host, on_ready: Callable[[str], None] | None, listener: socket.socket) -> uvicorn.Server:
    import uvicorn

    from lumosai.gateway.app import create_app
    from lumosai.gateway.plugin_log import end_followers
    from lumosai.gateway.ws import bounds

    class Server(uvicorn.Server):
        """Uvicorn, except that the signals are ours and that it tells when it listens."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if on_ready is not None:
                on_ready(url_of(listener))

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            end_followers(host)  # theirs are answers without end, which would be waited for
            await super().shutdown(sockets)

        def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
            # Uvicorn would raise the signal again when it is done, before the host has closed its storage.
            return contextlib.nullcontext()

    config = uvicorn.Config(
        create_app(host),
        http=_protocol(),
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
        timeout_graceful_shutdown=DRAIN,
    )
    return Server(config)


def _protocol() -> type[asyncio.Protocol] | Literal["h11"]:
    if find_spec("httptools") is None:
        return "h11"  # slower, with a limit of its own
    from lumosai.gateway.protocol import LimitedProtocol

    return LimitedProtocol


def _websockets() -> type[asyncio.Protocol] | Literal["none"]:
    if find_spec("websockets") is None:
        return "none"
    from lumosai.gateway.ws.protocol import Wire

    return Wire


def url_of(listener: socket.socket) -> str:
    """Return the URL of a bound socket."""
    ip, port = listener.getsockname()[:2]
    return f"http://[{ip}]:{port}" if ":" in ip else f"http://{ip}:{port}"


@contextlib.contextmanager
def _signals(server: uvicorn.Server) -> Iterator[None]:
    """Make the first SIGINT or SIGTERM a request to stop, and a second one to stop now."""
    loop, caught = asyncio.get_running_loop(), []

    def stop() -> None:
        server.force_exit, server.should_exit = server.should_exit, True

    for number in (signal.SIGINT, signal.SIGTERM):
        # Not on Windows, and not outside the main thread: whoever runs us there cancels the task instead.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop)
            caught.append(number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


async def _until_stopped(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until the server is told to stop. Being cancelled is one way to tell it."""
    task = asyncio.create_task(server.serve(sockets=[listener]))
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
        await asyncio.wait(tasks, timeout=DRAIN)
