"""``lumos marketplace serve``: the index, in the foreground, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import socket
import sys
from typing import TYPE_CHECKING

from lumosai.cli.marketplace.operating import settings_of
from lumosai.cli.output import say, warn
from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    import uvicorn

    from lumosai_marketplace.service.settings import Settings

KEEP_ALIVE = 20
DRAIN = 10
BACKLOG = 1024
CONNECTIONS = 2000


def run(arguments: argparse.Namespace) -> int:
    """Serve. Raises ConfigError for an address that cannot be used, keys or a database that are not there."""
    from lumosai.gateway.serve import run as run_loop

    settings = settings_of(arguments)
    host = arguments.host or settings.server.host
    port = settings.server.port if arguments.port is None else arguments.port
    return run_loop(_serve(settings, host, port))


async def _serve(settings: Settings, host: str, port: int) -> int:
    from lumosai.gateway.listening import url_of
    from lumosai_marketplace.service.opening import open_authority

    open_authority(settings)  # before anything listens: its error tells which command is missing
    listener = _listen(host, port)
    try:
        server = _server(settings)
        where = url_of(listener)
        say(f"serving {settings.url} on {where} (Ctrl-C to stop)")
        sys.stdout.flush()
        if not settings.url.startswith("https:") and not where.startswith(("http://127.", "http://[::1]")):
            warn("others can reach it, and it is not HTTPS: put a proxy with TLS before it, and set url")
        await server.serve(sockets=[listener])
    finally:
        listener.close()
    return 0 if server.started else 1


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as e:
        raise ConfigError(
            f"cannot listen on {host} port {port}: {e.strerror}", hint="[server] host and port in marketplace.toml"
        ) from None


def _server(settings: Settings) -> uvicorn.Server:
    import uvicorn

    from lumosai.gateway.protocol import LimitedProtocol
    from lumosai_marketplace.service.app import create_app

    config = uvicorn.Config(
        create_app(settings),
        http=LimitedProtocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=DRAIN,
    )
    return uvicorn.Server(config)
