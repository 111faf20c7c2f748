"""The files of plugins, by their sha256: in a folder, or in a store that speaks S3."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

from lumosai_marketplace import durable
from lumosai_sdk.errors import ConfigError, NotFoundError, StorageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore, S3Config

    from lumosai_marketplace.service.settings import Settings

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_COMING = "coming"
CHUNK = 256 * 1024


class Blobs:
    """Content-addressed files. What is there is whole: it was written elsewhere and then moved, in one step."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    @classmethod
    def of(cls, settings: Settings) -> Blobs:
        """Return the store that is configured. Raises ConfigError."""
        if settings.blobs.url:
            return cls(_s3(settings))
        return cls.in_folder(settings.folder / "files")

    @classmethod
    def in_folder(cls, folder: Path) -> Blobs:
        """Return a store in *folder*, which is made if it is not there. Raises ConfigError."""
        from obstore.store import LocalStore

        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as e:
            raise ConfigError(f"{folder}: {e.strerror}", hint="[blobs] or data in marketplace.toml") from None
        return cls(LocalStore(folder), folder)

    async def put(self, data: bytes) -> str:
        """Keep *data* and return its sha256, in hexadecimal. Raises StorageError."""
        import obstore

        sha256 = hashlib.sha256(data).hexdigest()
        coming = f"{_COMING}/{uuid4().hex}"
        try:
            await obstore.put_async(self._store, coming, data)
            await asyncio.to_thread(self._durable, coming)
            await obstore.rename_async(self._store, coming, _key(sha256))
            await asyncio.to_thread(self._durable_folder, _key(sha256))
        except (obstore.exceptions.BaseError, OSError) as e:
            raise StorageError(f"the file cannot be kept: {type(e).__name__}") from e
        return sha256

    async def get(self, sha256: str) -> bytes:
        """Return a whole file. Raises NotFoundError, StorageError (also when it is not what was put there)."""
        data = b"".join([chunk async for chunk in self.read(sha256)])
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StorageError(f"the file {sha256[:12]}… is damaged")
        return data

    async def read(self, sha256: str, begin: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes from *begin* up to *end*, in pieces. Raises NotFoundError, StorageError."""
        import obstore

        try:
            if end is not None:
                for at in range(begin, end, CHUNK):
                    piece = await obstore.get_range_async(self._store, _key(sha256), start=at, end=min(at + CHUNK, end))
                    yield bytes(piece)
                return
            found = await obstore.get_async(self._store, _key(sha256), options={"range": {"offset": begin}})
            async for chunk in found.stream(min_chunk_size=CHUNK):
                yield bytes(chunk)
        except (obstore.exceptions.NotFoundError, FileNotFoundError):
            raise NotFoundError("file", sha256) from None
        except (obstore.exceptions.BaseError, OSError) as e:
            raise StorageError(f"the file cannot be read: {type(e).__name__}") from e

    async def has(self, sha256: str) -> bool:
        """Tell whether the file is there. Raises StorageError."""
        import obstore

        try:
            await obstore.head_async(self._store, _key(sha256))
        except (obstore.exceptions.NotFoundError, FileNotFoundError):
            return False
        except (obstore.exceptions.BaseError, OSError) as e:
            raise StorageError(f"the files cannot be reached: {type(e).__name__}") from e
        return True

    async def delete(self, sha256: str) -> None:
        """Remove a file, if it is there. Raises StorageError."""
        await self._delete(_key(sha256))

    async def sweep(self, older_than: float) -> int:
        """Remove what came in before that time and never arrived; return how many there were. Raises StorageError."""
        import obstore

        removed = 0
        try:
            async for batch in obstore.list(self._store, f"{_COMING}/"):
                for meta in batch:
                    if meta["last_modified"].timestamp() < older_than:
                        await self._delete(meta["path"])
                        removed += 1
        except (obstore.exceptions.BaseError, OSError) as e:
            raise StorageError(f"the files cannot be listed: {type(e).__name__}") from e
        return removed

    async def _delete(self, key: str) -> None:
        import obstore

        try:
            await obstore.delete_async(self._store, key)
        except (obstore.exceptions.NotFoundError, FileNotFoundError):
            return
        except (obstore.exceptions.BaseError, OSError) as e:
            raise StorageError(f"the file cannot be removed: {type(e).__name__}") from e

    def _durable(self, key: str) -> None:
        if self._folder is not None:
            durable.sync(self._folder / key)

    def _durable_folder(self, key: str) -> None:
        if self._folder is not None:
            for parent in (self._folder / key).parents[:2]:
                durable.sync(parent)


def _key(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise NotFoundError("file", sha256[:64])
    return f"sha256/{sha256[:2]}/{sha256}"


def _s3(settings: Settings) -> ObjectStore:
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    blobs, parts = settings.blobs, urlsplit(settings.blobs.url)
    told = {
        "endpoint": blobs.endpoint,
        "region": blobs.region,
        "access_key_id": settings.secret(blobs.access_key),
        "secret_access_key": settings.secret(blobs.secret_key),
    }
    config: S3Config = {k: v for k, v in told.items() if v}  # type: ignore[assignment]
    plain = urlsplit(blobs.endpoint).scheme == "http"
    try:
        return S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config=config,
            client_options={"allow_http": plain, "timeout": "60s"},
        )
    except (BaseError, ValueError) as e:
        raise ConfigError(f"[blobs]: {type(e).__name__}: no store can be made of it") from None
