"""The service in a thread with an event loop of its own: what it has to compute does not keep the host waiting."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    import uvicorn

    from lumosai_marketplace.service.settings import Settings
    from lumosai_marketplace.service.state import Service

T = TypeVar("T")
LOOPBACK = "127.0.0.1"
DRAIN = 2
JOIN = 15.0
_BACKLOG = 128


def listen(port: int) -> socket.socket | None:
    """Return a socket that listens on the loopback interface, on any free port for 0; None where it is taken.

    It comes first: who has the port has the data that belong to it, and no second process opens them.
    """
    try:
        return socket.create_server((LOOPBACK, port), backlog=_BACKLOG)
    except OSError:
        return None


def settings_for(folder: Path, port: int) -> Settings:
    """Return the settings of the marketplace in *folder*."""
    from lumosai_marketplace.embedded.settings import EmbeddedSettings

    url = f"http://{LOOPBACK}:{port}"
    return EmbeddedSettings(url=url, title="LumosAI tour", data=folder, base=folder.parent)


class Embedded:
    """A marketplace that serves. ``url`` has a slash at its end; ``root`` is the first root of its TUF repository."""

    def __init__(self, folder: Path, listener: socket.socket) -> None:
        self.folder = folder
        self.port = int(listener.getsockname()[1])
        self.url = f"http://{LOOPBACK}:{self.port}/"
        self.root = b""
        self.service: Service
        self._listener = listener
        self._loop: asyncio.AbstractEventLoop
        self._server: uvicorn.Server | None = None
        self._stopping = False
        self._ready: Future[None] = Future()
        # A daemon: whoever is told twice to stop does not wait for it. What it writes survives being killed.
        self._thread = threading.Thread(target=self._run, name="lumos-marketplace", daemon=True)

    async def start(self) -> None:
        """Make what is missing and serve it. Raises ConfigError, StorageError."""
        self._thread.start()
        await asyncio.wrap_future(self._ready)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the service's own event loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def aclose(self) -> None:
        """Stop serving; what is under way has a moment to finish."""
        self._stopping = True
        if self._server is not None:
            self._server.should_exit = True
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join, JOIN)
        self._listener.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as e:  # noqa: BLE001 - whoever waits for the thread is told
            self._fail(e)
        else:
            self._fail(ConfigError(f"the marketplace in {self.folder} did not start"))

    def _fail(self, error: BaseException) -> None:
        with contextlib.suppress(Exception):  # it was ready before, and nobody waits any more
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        from lumosai_marketplace.service.app import bare_app
        from lumosai_marketplace.service.guard import Guard

        settings = settings_for(self.folder, self.port)
        self.root = await made(settings)
        self._loop = asyncio.get_running_loop()
        app = bare_app(settings)

        def ready() -> None:
            self.service = app.state.service
            self._ready.set_result(None)

        self._server = _server(Guard(app, settings, app.state.metrics), ready)
        if not self._stopping:
            await self._server.serve(sockets=[self._listener])


async def start(folder: Path, listener: socket.socket) -> Embedded:
    """Serve the marketplace in *folder*, made now unless it is there, where *listener* listens. Raises LumosError."""
    embedded = Embedded(folder, listener)
    try:
        await embedded.start()
    except BaseException:
        await asyncio.shield(embedded.aclose())
        raise
    return embedded


async def made(settings: Settings) -> bytes:
    """Make what is missing, and return the first root. What is half made when somebody is killed is made anew."""
    from lumosai_marketplace.service.initialize import initialize

    folder = settings.folder
    if not folder.exists():
        draft = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        await initialize(settings.model_copy(update={"data": draft}))
        draft.rename(folder)
    return (await initialize(settings)).root


def _server(app: Any, on_ready: Any) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                on_ready()

    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN,
    )
    return Server(config)
