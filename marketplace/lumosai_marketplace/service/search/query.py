"""What is asked of the search, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from lumosai_marketplace.names import Name

Sort = Literal["relevance", "downloads", "updated", "created", "name"]
SORTS: Final[tuple[Sort, ...]] = ("relevance", "downloads", "updated", "created", "name")
PAGE: Final = 20
MAX_PAGE_SIZE: Final = 100
MAX_HITS: Final = 2000
"""Hits that can be leafed through; who wants all plugins reads the simple index."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A question. ``permissions`` asks for plugins that ask for all of these, ``without`` for those that ask for none.

    ``kinds`` and ``publishers`` are alternatives: any one of them will do. None leaves a question open.
    """

    text: str = ""
    kinds: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    verified: bool | None = None
    runtime: str | None = None
    sort: Sort = "relevance"
    page: int = 1
    size: int = PAGE

    @property
    def first(self) -> int:
        """The place of the page's first hit."""
        return (self.page - 1) * self.size


@dataclass(frozen=True, slots=True)
class Hit:
    """A plugin that was found, as lists show it. ``risk`` is the worst of what it asks for."""

    name: Name
    version: str
    summary: str
    kinds: tuple[str, ...]
    permissions: tuple[str, ...]
    runtime: str
    risk: str
    proof: str
    signer: dict[str, Any]
    verified: bool
    downloads: int
    created: float
    updated: float


@dataclass(frozen=True, slots=True)
class Count:
    """How many hits there would be with this value of a facet, all else as asked."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class SearchPage:
    """An answer. ``exact`` is False where there are more hits than ``total``.

    ``corrected`` are the words that were searched for instead of those that nothing was found for.
    """

    hits: tuple[Hit, ...]
    total: int
    exact: bool
    facets: dict[str, tuple[Count, ...]] = field(default_factory=dict)
    corrected: str = ""
