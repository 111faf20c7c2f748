"""Datasets in the host's store: each change is a version, which is addressed by its content and never changes."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lumosai_plugins.evals.items import Item, checked, digest
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError
from lumosai_sdk.kinds.storage import KeyValueStore

NAMESPACE = "evals.datasets"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_PAGE = 100
_MOST_VERSIONS = 1000


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a dataset: the number it has, the digest of its items, how many they are, and since when."""

    name: str
    number: int
    digest: str
    items: int
    created_at: float
    note: str = ""

    @property
    def ref(self) -> str:
        return f"{self.name}@{self.number}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Datasets:
    """The datasets of a store."""

    def __init__(self, kv: KeyValueStore) -> None:
        self._kv = kv

    async def names(self) -> list[str]:
        """Return the names of the datasets, sorted."""
        return sorted({key.split("/")[1] for key in await self._kv.kv_keys(NAMESPACE, "v/")})

    async def versions(self, name: str) -> list[Version]:
        """Return the versions of a dataset, oldest first. Raises NotFoundError."""
        keys = await self._kv.kv_keys(NAMESPACE, f"v/{name_of(name)}/")
        rows = [await self._kv.kv_get(NAMESPACE, k) for k in keys]
        if not (found := [Version(**r) for r in rows if r is not None]):
            raise NotFoundError("dataset", name, await self.names(), hint="lumos eval dataset import FILE")
        return found

    async def find(self, ref: str) -> Version:
        """Return ``name`` in its last version, ``name@3``, or ``name@<first digits of the digest>``.

        Raises NotFoundError, InputError for a name there cannot be.
        """
        name, _, wanted = ref.partition("@")
        versions = await self.versions(name)
        if not wanted:
            return versions[-1]
        for version in reversed(versions):
            if str(version.number) == wanted or (len(wanted) >= 6 and version.digest.startswith(wanted)):  # noqa: PLR2004 - fewer digits are a number
                return version
        raise NotFoundError("dataset version", ref, [v.ref for v in versions])

    async def items(self, version: Version) -> tuple[Item, ...]:
        """Return the items of a version. Raises ConflictError for one that was deleted, or is not what it was."""
        keys = await self._kv.kv_keys(NAMESPACE, f"p/{version.digest}/")
        pages = [await self._kv.kv_get(NAMESPACE, k) for k in keys]
        found = tuple(Item.from_json(row) for page in pages for row in page or ())
        if digest(found) != version.digest:
            raise ConflictError(f"the items of {version.ref} are not all there", hint="import the dataset again")
        return found

    async def put(self, name: str, items: Sequence[Item], note: str = "") -> Version:
        """Keep items as the next version, or return the last one if these are its items. Raises InputError."""
        items, name = checked(items), name_of(name)
        address = digest(items)
        numbers = await self._numbers(name)
        if numbers and (last := (await self.versions(name))[-1]).digest == address:
            return last
        if len(numbers) >= _MOST_VERSIONS:
            raise InputError(f"{name!r} has {_MOST_VERSIONS} versions", hint=f"lumos eval dataset delete {name}")
        for start in range(0, len(items), _PAGE):
            page = [i.to_json() for i in items[start : start + _PAGE]]
            await self._kv.kv_set(NAMESPACE, f"p/{address}/{start // _PAGE:05d}", page)
        return await self._added(name, max(numbers, default=0) + 1, address, len(items), note[:500])

    async def _added(self, name: str, number: int, address: str, count: int, note: str) -> Version:
        while True:  # another process may take the number first
            version = Version(name, number, address, count, time.time(), note)
            if await self._kv.kv_add(NAMESPACE, f"v/{name}/{number:06d}", version.to_json()):
                return version
            number += 1

    async def _numbers(self, name: str) -> list[int]:
        return [int(k.rpartition("/")[2]) for k in await self._kv.kv_keys(NAMESPACE, f"v/{name}/")]

    async def delete(self, name: str) -> None:
        """Delete a dataset with all its versions; items another dataset shares stay. Raises NotFoundError."""
        gone = {v.digest for v in await self.versions(name)}
        for key in await self._kv.kv_keys(NAMESPACE, f"v/{name}/"):
            await self._kv.kv_delete(NAMESPACE, key)
        for other in await self.names():
            gone -= {v.digest for v in await self.versions(other)}
        for key in [k for d in gone for k in await self._kv.kv_keys(NAMESPACE, f"p/{d}/")]:
            await self._kv.kv_delete(NAMESPACE, key)


def name_of(name: str) -> str:
    """Return a name a dataset can have. Raises InputError."""
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r}: a dataset's name has small letters, digits, - and _, 64 of them at most")
    return name
