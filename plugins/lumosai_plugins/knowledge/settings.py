"""What the owner says of collections; meaning and bounds stand in the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, Literal, Self

from lumosai_plugins.knowledge.chunking import CHARACTERS_A_TOKEN, Chunker
from lumosai_sdk.errors import InputError, NotFoundError

Mode = Literal["hybrid", "vector", "words", "graph"]
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class CollectionSettings:
    """``[plugins.knowledge.settings.collections.<name>]``; what is not said there stands in the settings themselves."""

    name: str
    description: str = ""
    model: str = "local/minilm"
    store: str = ""
    chunker: Chunker = "auto"
    chunk_tokens: int = 256
    overlap_tokens: int = 32
    mode: Mode = "hybrid"
    vector_weight: float = 1.0
    words_weight: float = 1.0
    diversity: float = 0.0
    rerank: str = ""
    entities: str = "off"
    per_tenant: bool = True
    agents: Sequence[str] | None = None

    @property
    def size(self) -> int:
        """The most characters of a chunk."""
        return self.chunk_tokens * CHARACTERS_A_TOKEN

    @property
    def overlap(self) -> int:
        """The characters that a chunk repeats of the one before."""
        return min(self.overlap_tokens, self.chunk_tokens // 2) * CHARACTERS_A_TOKEN


@dataclass(frozen=True, slots=True)
class Settings:
    """``[plugins.knowledge.settings]``."""

    common: Mapping[str, Any] = field(default_factory=dict)
    collections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    agents: Mapping[str, Sequence[str]] = field(default_factory=dict)
    passages: int = 5

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Read the plugin's settings, as the host checked them."""
        known = {f.name for f in fields(CollectionSettings)} - {"name", "agents"}
        common = {k: v for k, v in given.items() if k in known}
        rest = {k: given[k] for k in ("collections", "agents", "passages") if k in given}
        return cls(common, **rest)

    @property
    def names(self) -> list[str]:
        """The collections there are: those that are named, or the one that is there without."""
        return list(self.collections) or [DEFAULT]

    def collection(self, name: str) -> CollectionSettings:
        """Return a collection's settings. Raises NotFoundError."""
        if name not in self.names:
            raise NotFoundError("collection", name, self.names, hint="name it in [plugins.knowledge.settings]")
        return CollectionSettings(name, **{**self.common, **self.collections.get(name, {})})

    def of_agent(self, agent: str) -> list[str]:
        """Return the collections an agent may look into: those it is given, less those open to others alone."""
        globs = self.agents.get(agent, ("*",))
        return [n for n in self.names if _fits(n, globs) and self._is_open(n, agent)]

    def _is_open(self, name: str, agent: str) -> bool:
        agents = self.collection(name).agents
        return agents is None or _fits(agent, agents)

    def chosen(self, agent: str, name: str) -> str:
        """Return the collection an agent means. Raises InputError, telling which there are for it."""
        mine = self.of_agent(agent)
        if not name and len(mine) == 1:
            return mine[0]
        if name not in mine:
            raise InputError(f"name a collection; there are: {', '.join(mine) or 'none'}")
        return name


def _fits(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, g) for g in globs)
