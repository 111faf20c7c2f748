"""The address that is served: found, checked, bound. Nothing that serves is imported for it."""

from __future__ import annotations

import asyncio
import errno
import socket
from importlib.util import find_spec

from lumosai.config.model import ServerConfig
from lumosai.gateway.address import is_loopback
from lumosai_sdk.errors import ConfigError, MissingExtraError

BACKLOG = 2048
KEPT_FILES = 128
"""Of the files a process may have open, those that are not for connections: databases, logs, what plugins open."""
_SETTING = "[server] {0} in lumos.toml, LUMOS_SERVER__{1}, or lumos up --{0}"
_OPEN_HINT = (
    'lumos key create NAME --role run, and [server] auth = ["keys"] in lumos.toml; '
    'or listen on this machine only: [server] host = "127.0.0.1"'
)


def require_extra() -> None:
    """Raise MissingExtraError when what serves is not installed."""
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        raise MissingExtraError("the HTTP service", "server")


async def bound(config: ServerConfig, address: str | None = None, port: int | None = None) -> socket.socket:
    """Return the bound socket of a service; *address* and *port* override ``[server]``.

    Raises ConfigError for an address that cannot be used, or that others can reach while nobody asks who they are.
    """
    where = await _resolved(address or config.host, is_open=not config.auth)
    return _listen(where, config.port if port is None else port)


async def _resolved(address: str, *, is_open: bool) -> tuple[socket.AddressFamily, str]:
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


def room() -> int | None:
    """Return how many connections this process has files for; None where the system does not say."""
    if find_spec("resource") is None:
        return None
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if files == resource.RLIM_INFINITY else max(files - KEPT_FILES, files // 2)


def url_of(listener: socket.socket) -> str:
    """Return the URL of a bound socket."""
    ip, port = listener.getsockname()[:2]
    return f"http://[{ip}]:{port}" if ":" in ip else f"http://{ip}:{port}"
