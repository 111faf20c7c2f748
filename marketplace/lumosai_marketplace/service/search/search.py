"""Search, suggestions, and help with typing errors.

The database finds the words; filters, counts and ranking are done in memory (``catalogue``). Ranking: how well the
words fit (bm25, ts_rank), names first, and 0.6 ln(1 + downloads), with downloads capped, and a bonus for publishers
that are proven and have not changed, which grows with age.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from lumosai_marketplace.names import Name
from lumosai_marketplace.service.search import facets, textindex, words
from lumosai_marketplace.service.search.catalogue import Catalogue
from lumosai_marketplace.service.search.query import MAX_HITS, MAX_PAGE_SIZE, Hit, SearchPage, SearchQuery
from lumosai_marketplace.service.search.schema import SearchDocument
from lumosai_marketplace.service.search.textindex import Asked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy.ext.asyncio import AsyncSession

    from lumosai_marketplace.service.state import Service

MOST: Final = 50_000
"""Plugins of one word that are looked at."""
RARE: Final = 2000
"""Plugins of one query up to which it is weighed how well they fit, and summaries count."""
_ENOUGH = 200
_SAME_NAME, _IN_NAME = 5.0, 3.0
_KEY = "search"


class Search:
    """The search of one process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._catalogue = Catalogue()
        self._clock = clock
        self._lock = asyncio.Lock()

    async def search(self, session: AsyncSession, query: SearchQuery) -> SearchPage:
        """Answer a question. Unknown values of filters leave nothing; pages beyond ``MAX_HITS`` are empty."""
        catalogue = await self.followed(session)
        asked = words.asked(query.text)
        found, corrected = await self._found(session, catalogue, asked)
        slots, counts = facets.apply(catalogue, query, found.slots)
        ordered = self._ordered(catalogue, query, found, slots)
        ids = catalogue.ids[ordered].tolist()
        total = len(slots)
        return SearchPage(await _hits(session, ids), total, found.exact, counts, " ".join(corrected))

    async def suggest(self, session: AsyncSession, text: str, most: int = 8) -> tuple[Hit, ...]:
        """Return the best plugins with a name that begins so, or that was meant."""
        catalogue = await self.followed(session)
        typed = text[: words.MAX_TEXT].casefold().strip().replace(" ", "-")
        if not typed:
            return ()
        slots = catalogue.listed(catalogue.vocabulary.beginning(typed))
        if not len(slots):
            page = await self.search(session, SearchQuery(text, size=most))
            return page.hits
        scores = catalogue.ranks(slots, self._clock())
        return await _hits(session, catalogue.ids[slots[_best(scores, most)]].tolist())

    async def followed(self, session: AsyncSession) -> Catalogue:
        """Return the catalogue as the database is now."""
        async with self._lock:
            await self._catalogue.follow(session)
        return self._catalogue

    async def _found(
        self, session: AsyncSession, catalogue: Catalogue, asked: Sequence[str]
    ) -> tuple[_Found, Sequence[str]]:
        """Return what has all the words; where nothing has, what has those that were meant, and these words."""
        import numpy as np

        if not asked:
            slots = catalogue.all()
            return _Found(slots, np.zeros(len(slots)), exact=True), ()
        found = await _look(session, catalogue, textindex.of_words(asked), asked)
        if len(found.slots):
            return found, ()
        meant = await asyncio.to_thread(_meant, catalogue, asked)
        if meant is None:
            return found, ()
        shown = tuple(" ".join(a[0]) for a in meant.alternatives)
        found = await _look(session, catalogue, meant, shown)
        return found, shown if len(found.slots) else ()

    def _ordered(
        self, catalogue: Catalogue, query: SearchQuery, found: _Found, slots: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the slots of the page that is asked for."""
        import numpy as np

        size = max(1, min(query.size, MAX_PAGE_SIZE))
        first = (max(1, query.page) - 1) * size
        if first >= MAX_HITS:
            return slots[:0]
        if query.sort == "relevance":
            fit = np.zeros(len(catalogue))
            fit[found.slots] = found.scores
            key = fit[slots] + catalogue.ranks(slots, self._clock())
        elif query.sort == "name":
            key = -catalogue.order()[slots].astype(np.float64)
        else:
            key = getattr(catalogue, query.sort)[slots].astype(np.float64)
        return slots[_best(key, first + size)[first:]]


class _Found:
    """Plugins that have the words, and how well they fit. ``exact`` is False where more have them."""

    def __init__(self, slots: NDArray[np.int64], scores: NDArray[np.float64], *, exact: bool) -> None:
        self.slots = slots
        self.scores = scores
        self.exact = exact


def of(service: Service) -> Search:
    """Return the search of a service."""
    found: Search = service.shared.setdefault(_KEY, Search(service.clock))
    return found


async def _look(session: AsyncSession, catalogue: Catalogue, asked: Asked, told: Sequence[str]) -> _Found:
    """Look everywhere; where that finds very many, in names, namespaces and keywords, as far as that finds some.

    The fit of words is only weighed where they are rare enough to say something: a word that a tenth of all plugins
    have tells no two of them apart, but for those that have it in their name.
    """
    import numpy as np

    ids = await textindex.matching(session, asked, RARE + 1, narrow=False)
    exact, fit = True, np.zeros(len(catalogue))
    if 0 < len(ids) <= RARE:
        ids, scores = await textindex.ranked(session, asked, RARE, narrow=False)
        catalogue.put(fit, ids, scores)
    elif ids:
        named = await textindex.matching(session, asked, MOST + 1, narrow=True)
        exact = len(named) <= MOST and len(named) >= _ENOUGH
        ids = named[:MOST] if len(named) >= _ENOUGH else ids
    typed = "-".join(w for t in told for w in t.split())
    for slots, bonus in (
        (catalogue.vocabulary.beginning(typed), _IN_NAME),
        (catalogue.vocabulary.ending(typed), _SAME_NAME),
    ):
        fit[slots] += bonus
    found = catalogue.slots(ids)
    return _Found(found, fit[found], exact=exact)


def _meant(catalogue: Catalogue, asked: Sequence[str]) -> Asked | None:
    """Return the query with the words that no name has replaced by the nearest that some have; None for the same."""
    vocabulary, alternatives, changed = catalogue.vocabulary, [], False
    for word in asked:
        near = () if vocabulary.has(word) else vocabulary.corrections(word)
        alternatives.append(near or ((word,),))
        changed = changed or bool(near)
    return Asked(tuple(alternatives), prefix=False) if changed else None


def _best(scores: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Return the places of the highest scores, the highest first; of equals the earlier."""
    import numpy as np

    if most < len(scores):
        edge = np.partition(scores, len(scores) - most)[len(scores) - most]
        places = np.flatnonzero(scores >= edge)
    else:
        places = np.arange(len(scores))
    found: NDArray[np.int64] = places[np.argsort(-scores[places], kind="stable")][:most]
    return found


async def _hits(session: AsyncSession, ids: Sequence[int]) -> tuple[Hit, ...]:
    query = select(SearchDocument).where(SearchDocument.project_id.in_(ids), SearchDocument.listed)
    rows: dict[int, Any] = {d.project_id: d for d in await session.scalars(query)} if ids else {}
    return tuple(_hit(rows[i]) for i in ids if i in rows)


def _hit(document: SearchDocument) -> Hit:
    return Hit(
        name=Name.parse(document.wire),
        version=document.version,
        summary=document.summary,
        kinds=tuple(document.kinds.split()),
        permissions=tuple(document.permissions.split()),
        runtime=document.runtime,
        risk=document.risk,
        proof=document.proof,
        signer=json.loads(document.signer_json),
        verified=document.verified,
        downloads=document.downloads,
        created=document.created,
        updated=document.updated,
    )
