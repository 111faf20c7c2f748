"""Where versions are kept: the host's storage, by agent and number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lumosai.agents.versions.version import MARK, Version
from lumosai_sdk.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from lumosai_sdk.kinds.storage import Storage

_SPACE: Final = "lumos.versions"
MOST: Final = 100
"""Versions that are kept of one agent. The oldest make room, but never the one that holds."""
_TRIES: Final = 16


class Shelf:
    """The versions of all agents."""

    def __init__(self, storage: Callable[[], Storage]) -> None:
        self._storage = storage

    async def of(self, agent: str) -> Sequence[Version]:
        """Return an agent's versions, the newest first."""
        storage = self._storage()
        keys = sorted(await storage.kv_keys(_SPACE, f"{agent}{MARK}"), reverse=True)
        found = [await storage.kv_get(_SPACE, key) for key in keys]
        return [Version.from_json(data) for data in found if data is not None]

    async def get(self, agent: str, number: int) -> Version:
        """Return one version. Raises NotFoundError."""
        data = await self._storage().kv_get(_SPACE, _key(agent, number))
        if data is None:
            raise NotFoundError("version", f"{agent}{MARK}{number}", hint=f"lumos agents versions {agent}")
        return Version.from_json(data)

    async def add(self, version: Version, last: int) -> Version:
        """Keep a version under the next number after *last*. Raises ConflictError while others keep adding."""
        for number in range(last + 1, last + 1 + _TRIES):
            numbered = replace(version, number=number)
            if await self._storage().kv_add(_SPACE, _key(version.agent, number), numbered.to_json()):
                return numbered
        raise ConflictError(f"others are adding versions of {version.agent!r}", hint="try again")

    async def put(self, version: Version) -> None:
        """Keep what has become of a version."""
        await self._storage().kv_set(_SPACE, _key(version.agent, version.number), version.to_json())

    async def make_room(self, versions: Sequence[Version], keep: int | None) -> None:
        """Let go of the oldest of *versions* (the newest first) but the one of the number *keep*."""
        for version in versions[MOST:]:
            if version.number != keep:
                await self._storage().kv_delete(_SPACE, _key(version.agent, version.number))


def _key(agent: str, number: int) -> str:
    return f"{agent}{MARK}{number:08d}"
