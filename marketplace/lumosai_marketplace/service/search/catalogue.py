"""What all plugins are, in memory, in columns: to filter, count and rank a hundred thousand in a millisecond or two.

It follows the database by the serials of documents: only what has changed is read again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from lumosai_marketplace.names import Name
from lumosai_marketplace.service.search.names import Vocabulary
from lumosai_marketplace.service.search.schema import SearchDocument, SearchSerial

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy.ext.asyncio import AsyncSession

KINDS: Final = (
    "tool", "provider", "storage", "monitor", "step", "processor", "route", "command", "panel", "auth", "memory",
    "vectors", "scorer",
)  # fmt: skip
PERMISSIONS: Final = ("http", "files", "env", "secrets", "models", "tools", "kv", "clock", "random")
_FACETS: Final = (
    *(("kind", k) for k in KINDS),
    *(("permission", p) for p in PERMISSIONS),
    ("runtime", "python"),
    ("runtime", "wasm"),
    ("verified", "yes"),
    ("listed", "yes"),
)
BITS: Final = {facet: 1 << i for i, facet in enumerate(_FACETS)}
"""What is said of a plugin by one bit."""

LISTED: Final = BITS["listed", "yes"]
DOWNLOADS_CAP: Final = 100_000
"""Downloads beyond it make no plugin better: they can be made, for money."""

_DAY = 86_400.0
_COLUMNS = (
    SearchDocument.project_id,
    SearchDocument.wire,
    SearchDocument.kinds,
    SearchDocument.permissions,
    SearchDocument.runtime,
    SearchDocument.verified,
    SearchDocument.releases,
    SearchDocument.downloads,
    SearchDocument.created,
    SearchDocument.updated,
    SearchDocument.listed,
    SearchDocument.serial,
)
_CHUNK = 1000
"""Documents that are read between two looks at what else there is to do."""
_FIRST = 1024


class Catalogue:
    """One line a plugin, in its *slot*; slots are never given to another."""

    def __init__(self) -> None:
        self.serial = -1
        self.names: list[Name] = []
        self.namespaces: list[str] = []
        self.vocabulary = Vocabulary()
        self._namespace_numbers: dict[str, int] = {}
        self._order: NDArray[np.int64] | None = None
        self._make(_FIRST)

    def __len__(self) -> int:
        return len(self.names)

    # --- following the database

    async def follow(self, session: AsyncSession) -> bool:
        """Read what has changed; tell whether anything has."""
        serial = await session.scalar(select(SearchSerial.value).where(SearchSerial.id == 0)) or 0
        if serial == self.serial:
            return False
        # Up to the serial that was seen: what is committed while this runs is read the next time.
        query = select(*_COLUMNS).where(SearchDocument.serial > self.serial, SearchDocument.serial <= serial)
        result = await session.stream(query.order_by(SearchDocument.serial).execution_options(yield_per=_CHUNK))
        async for rows in result.partitions():
            self.take(rows)
        self.serial = serial
        return True

    def take(self, rows: Iterable[Any]) -> None:
        """Take documents in, or their changes."""
        for row in rows:
            slot = self._slot(row.project_id)
            if slot < 0:
                slot = self._add(row)
            listed, was = bool(row.listed), bool(self.masks[slot] & LISTED)
            if listed != was:
                self.vocabulary.change(self.names[slot], slot, listed=listed)
            self.masks[slot] = _mask(row.kinds, row.permissions, row.runtime, bool(row.verified), listed)
            self.downloads[slot] = row.downloads
            self.created[slot] = row.created
            self.updated[slot] = row.updated
            self.worth[slot] = worth(row.downloads, row.releases, verified=row.verified)

    def _add(self, row: Any) -> int:
        slot, name = len(self.names), Name.parse(row.wire)
        if slot == len(self.ids):
            self._make(2 * slot)
        number = self._namespace_numbers.setdefault(name.namespace, len(self.namespaces))
        if number == len(self.namespaces):
            self.namespaces.append(name.namespace)
        self.ids[slot], self.namespace[slot] = row.project_id, number
        self.names.append(name)
        if row.project_id >= len(self._slots):
            self._slots = _grown(self._slots, 2 * row.project_id + 1, -1)
        self._slots[row.project_id] = slot
        self._order = None
        return slot

    def _make(self, size: int) -> None:
        """Make room for *size* plugins."""
        import numpy as np

        self._slots = getattr(self, "_slots", np.full(size, -1))
        kinds = {"ids": np.int64, "masks": np.int32, "namespace": np.int32, "downloads": np.int64}
        floats = dict.fromkeys(("created", "updated", "worth"), np.float64)
        for column, kind in (kinds | floats).items():
            setattr(self, column, _grown(getattr(self, column, np.zeros(0, kind)), size, 0))

    def _slot(self, project_id: int) -> int:
        return int(self._slots[project_id]) if project_id < len(self._slots) else -1

    _slots: NDArray[np.int64]
    ids: NDArray[np.int64]
    masks: NDArray[np.int32]
    namespace: NDArray[np.int32]
    downloads: NDArray[np.int64]
    created: NDArray[np.float64]
    updated: NDArray[np.float64]
    worth: NDArray[np.float64]

    # --- asking

    def all(self) -> NDArray[np.int64]:
        """Return the slots of all plugins that are to be found."""
        import numpy as np

        return np.flatnonzero(self.masks[: len(self)] & LISTED).astype(np.int64, copy=False)

    def slots(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """Return the slots of plugins, without those that are not to be found (any more)."""
        import numpy as np

        wanted = np.asarray(ids, np.int64)
        known = self._slots[wanted[wanted < len(self._slots)]]
        return self.listed(known[known >= 0])

    def put(self, column: NDArray[np.float64], ids: Sequence[int], values: Sequence[float]) -> None:
        """Write the values of plugins into a column; of those that are not known yet nothing."""
        import numpy as np

        wanted = np.asarray(ids, np.int64)
        known = wanted < len(self._slots)
        slots = self._slots[wanted[known]]
        column[slots[slots >= 0]] = np.asarray(values)[known][slots >= 0]

    def listed(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of the slots whose plugins are to be found."""
        found: NDArray[np.int64] = slots[(self.masks[slots] & LISTED) != 0]
        return found

    def namespace_number(self, name: str) -> int:
        """Return what stands for a namespace in the column; -1 for one without plugins."""
        return self._namespace_numbers.get(name, -1)

    def ranks(self, slots: NDArray[np.int64], now: float) -> NDArray[np.float64]:
        """Return how good plugins are, whatever is searched. Age counts where the publisher is proven."""
        import numpy as np

        years = np.clip((now - self.created[slots]) / (365 * _DAY), 0.0, 1.0)
        proven = (self.masks[slots] & BITS["verified", "yes"]) != 0
        found: NDArray[np.float64] = self.worth[slots] + np.where(proven, 0.5 * years, 0.0)
        return found

    def order(self) -> NDArray[np.int64]:
        """Return the place of each slot in the order of names."""
        import numpy as np

        if self._order is None:
            places = np.empty(len(self), np.int64)
            places[sorted(range(len(self)), key=self.names.__getitem__)] = np.arange(len(self))
            self._order = places
        return self._order


def worth(downloads: int, releases: int, *, verified: bool) -> float:
    """Return what a plugin's use and its publisher count. One release more than ten says nothing new."""
    used = 0.6 * math.log1p(min(max(downloads, 0), DOWNLOADS_CAP))
    return used + (1.0 + 0.05 * min(releases, 10) if verified else 0.0)


@lru_cache(maxsize=4096)
def _mask(kinds: str, permissions: str, runtime: str, verified: bool, listed: bool) -> int:  # noqa: FBT001 - cached
    told = {("kind", k) for k in kinds.split()} | {("permission", p) for p in permissions.split()}
    mask = sum(BITS.get(t, 0) for t in told | {("runtime", runtime)})
    return mask | (BITS["verified", "yes"] if verified else 0) | (LISTED if listed else 0)


def _grown(old: NDArray[Any], size: int, filling: int) -> NDArray[Any]:
    import numpy as np

    out = np.full(size, filling, old.dtype)
    out[: len(old)] = old
    return out
