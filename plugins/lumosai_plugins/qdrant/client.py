"""The official client, called in threads; its errors told with what to do about them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lumosai_plugins.qdrant.settings import MEMORY, Settings
from lumosai_sdk.errors import LumosError, MissingExtraError, StorageError
from lumosai_sdk.threads import in_thread

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

T = TypeVar("T")
_DENIED = frozenset({401, 403})


class Client:
    """A client made at its first use. Qdrant's local mode takes one caller at a time, a server many."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.local = bool(settings.path)
        self._opening = threading.Lock()
        self._turn = threading.Lock() if self.local else nullcontext()
        self._client: QdrantClient | None = None
        self._closed = False

    async def call(self, work: Callable[[QdrantClient], T]) -> T:
        """Do what *work* does with the client, off the loop. Raises LumosError."""
        return await in_thread(self._call, work)

    def _call(self, work: Callable[[QdrantClient], T]) -> T:
        try:
            with self._turn:
                return work(self._opened())
        except LumosError:
            raise
        except Exception as e:
            raise explain(e) from e

    def _opened(self) -> QdrantClient:
        with self._opening:
            if self._closed:
                raise StorageError("the vector store 'qdrant' is closed")
            if self._client is None:
                self._client = self._made()
            return self._client

    def _made(self) -> QdrantClient:
        try:
            from qdrant_client import QdrantClient
        except ImportError:
            raise MissingExtraError("the vector store 'qdrant'", "qdrant") from None
        settings = self._settings
        if settings.path == MEMORY:
            return QdrantClient(MEMORY)
        if settings.path:
            Path(settings.path).mkdir(mode=0o700, parents=True, exist_ok=True)
            return QdrantClient(path=settings.path, force_disable_check_same_thread=True)
        key = settings.api_key.reveal() if settings.api_key else None
        return QdrantClient(settings.url, api_key=key, timeout=settings.timeout, check_compatibility=False, port=None)

    async def aclose(self) -> None:
        """Close the client."""
        await in_thread(self._close)

    def _close(self) -> None:
        with self._turn, self._opening:
            self._closed = True
            client, self._client = self._client, None
            if client is not None:
                client.close()


def explain(error: BaseException) -> StorageError:
    """Return the error to raise for one of the client's: its own words may hold a whole response."""
    status = getattr(error, "status_code", None)
    if status in _DENIED:
        return StorageError("Qdrant refuses the key", hint="check api_key in [plugins.qdrant.settings]")
    if status is not None:
        return StorageError(f"Qdrant answered {status}: {error!s:.300}", hint="see the server's log")
    text = f"{type(error).__name__}: {error!s:.300}"
    if isinstance(error, RuntimeError) and "already accessed" in str(error):
        return StorageError("another process has the folder of Qdrant's local mode", hint="run a server, and set url")
    if type(error).__name__ == "ResponseHandlingException" or isinstance(error, OSError):
        return StorageError(f"Qdrant cannot be reached ({text})", hint="is it up, and is url right?")
    return StorageError(f"Qdrant: {text}")
