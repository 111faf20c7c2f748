"""Contributions by kind and id. Looking one up costs a dictionary access; its object is made on first use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lumosai.plugins.generation import Generation
from lumosai.plugins.index import Record
from lumosai.plugins.listing import contributions
from lumosai_sdk.errors import LumosError, NotFoundError, PluginUnavailableError

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A contribution of a loaded plugin."""

    kind: str
    id: str
    data: Record
    generation: Generation

    @property
    def obj(self) -> Any:
        """The live object. Raises PluginLoadError."""
        return self.generation.obj(self.kind, self.data)


class Registry:
    """What the enabled plugins contribute now. ``version`` changes with it, and with what is off."""

    def __init__(self) -> None:
        self.version = 0
        self._entries: dict[Key, Entry] = {}
        self._absent: dict[Key, tuple[str, str, str]] = {}

    def get(self, kind: str, id: str) -> Entry:  # noqa: A002
        """Return an entry. Raises NotFoundError, or PluginUnavailableError if its plugin is known but off or broken."""
        entry = self._entries.get((kind, id))
        if entry is None:
            raise self._explained(kind, id)
        return entry

    def _explained(self, kind: str, id: str) -> LumosError:  # noqa: A002
        if (kind, id) in self._absent:
            plugin, why, hint = self._absent[kind, id]
            return PluginUnavailableError(plugin, f"{kind} {id!r}", why, hint=hint or f"lumos plugin info {plugin}")
        return NotFoundError(kind, id, self.ids(kind))

    def find(self, kind: str, id: str) -> Entry | None:  # noqa: A002
        return self._entries.get((kind, id))

    def ids(self, kind: str) -> list[str]:
        return sorted(i for k, i in self._entries if k == kind)

    def entries(self, kind: str) -> Iterator[Entry]:
        """Yield the entries of a kind, by id."""
        return iter(sorted((e for e in self._entries.values() if e.kind == kind), key=lambda e: e.id))

    def publish(self, generation: Generation) -> None:
        """Put a generation's contributions in place, instead of those of an earlier generation of the same plugin."""
        self.withdraw(generation.name)
        for kind, data in contributions(generation.record):
            self.add(generation, kind, data)

    def add(self, generation: Generation, kind: str, data: Record) -> None:
        key = (kind, data["id"])
        self._entries[key] = Entry(kind, data["id"], data, generation)
        self._absent.pop(key, None)
        self.version += 1

    def withdraw(self, plugin: str, why: str | None = None) -> None:
        """Take a plugin's contributions out; *why* is told to those who ask for one later (None: forget them)."""
        for key in [k for k, e in self._entries.items() if e.generation.name == plugin]:
            del self._entries[key]
            if why is not None:
                self._absent[key] = (plugin, why, "")
        if why is None:
            self._absent = {k: v for k, v in self._absent.items() if v[0] != plugin}
        self.version += 1

    def withhold(self, plugin: str, kind: str, id: str, why: str) -> None:  # noqa: A002
        """Take out one contribution of a plugin, if it is there; *why* is told to those who ask for it."""
        self._entries.pop((kind, id), None)
        self._absent[kind, id] = (plugin, why, "")
        self.version += 1

    def note_absent(self, record: Record, why: str, hint: str = "") -> None:
        """Remember what a plugin that is off or broken would contribute, to be able to say so, and what to do."""
        for kind, data in contributions(record):
            self._absent[kind, data["id"]] = (record["name"], why, hint)
        self.version += 1
