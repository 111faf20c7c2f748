"""Search and suggestions."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from lumosai_marketplace.service.api import showing
from lumosai_marketplace.service.api.models import FacetModel, Listed, SearchModel, SuggestionModel
from lumosai_marketplace.service.api.paging import MAX_CURSOR, decode, encode
from lumosai_marketplace.service.search import search as searching
from lumosai_marketplace.service.search.query import MAX_HITS, MAX_PAGE_SIZE, PAGE, SearchPage, SearchQuery, Sort
from lumosai_marketplace.service.search.words import MAX_TEXT
from lumosai_marketplace.service.state import Shared
from lumosai_sdk.errors import InputError

router = APIRouter(tags=["plugins"])
Words = Annotated[str, Query(max_length=MAX_TEXT, description="Words; the last one may be unfinished.")]
Filter = Annotated[list[str], Field(max_length=40)]
MAX_VALUES = 10
_VALUE = re.compile(r"[a-z][a-z0-9]{0,38}", re.ASCII)


class Parameters(BaseModel):
    """What a search may be asked."""

    q: Annotated[str, Field(max_length=MAX_TEXT, description="Words; the last one may be unfinished.")] = ""
    kind: Filter = Field([], description="Kinds of contributions, any of which will do: `tool`, `provider` …")
    permission: Filter = Field([], description="Permissions that it asks for, all of them: `http`, `files` …")
    without: Filter = Field([], description="Permissions that it does not ask for.")
    publisher: Filter = Field([], description="Namespaces, any of which will do.")
    verified: bool | None = Field(None, description="Whether the publisher is proven and has not changed.")
    runtime: Literal["wasm", "python"] | None = Field(None, description="`wasm` is sandboxed, `python` is not.")
    sort: Sort = "relevance"
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = PAGE
    cursor: Annotated[str, Field(max_length=MAX_CURSOR, description="Where to go on: `next` of the answer before.")] = (
        ""
    )

    def query(self, page: int = 1) -> SearchQuery:
        """Return the query, for *page* unless a cursor says where to go on. Raises InputError."""
        page = decode(self.cursor, int)[0] if self.cursor else page
        return SearchQuery(
            text=self.q,
            kinds=values("kind", self.kind),
            permissions=values("permission", self.permission),
            without=values("without", self.without),
            publishers=values("publisher", self.publisher),
            verified=self.verified,
            runtime=self.runtime,
            sort=self.sort,
            page=page if 1 <= page <= MAX_HITS else MAX_HITS,
            size=self.limit,
        )


@router.get("/search")
async def search(service: Shared, response: Response, asked: Annotated[Parameters, Query()]) -> SearchModel:
    """Find plugins. What is typed wrong is corrected where nothing has the words as they are."""
    query = asked.query()
    async with service.reads() as session:
        found = await searching.of(service).search(session, query)
    response.headers["cache-control"] = "no-cache"
    return SearchModel(
        items=[showing.hit(h) for h in found.hits],
        total=found.total,
        exact=found.exact,
        facets={k: [FacetModel(value=c.value, count=c.count) for c in v] for k, v in found.facets.items()},
        corrected=found.corrected,
        next=encode(query.page + 1) if goes_on(query, found) else None,
    )


@router.get("/suggest")
async def suggest(service: Shared, q: Words = "") -> Listed[SuggestionModel]:
    """Return the best plugins with a name that begins so."""
    async with service.reads() as session:
        found = await searching.of(service).suggest(session, q)
    return Listed(
        items=[SuggestionModel(name=h.name.screen, summary=h.summary, verified=h.verified, risk=h.risk) for h in found]
    )


def values(name: str, given: list[str]) -> tuple[str, ...]:
    """Return a filter's values, those that commas join as well. Raises InputError for what cannot be one."""
    found = tuple(dict.fromkeys(v for text in given[: MAX_VALUES + 1] for v in text[:400].split(",") if v))
    if len(found) > MAX_VALUES:
        raise InputError(f"{name}: at most {MAX_VALUES} values")
    for value in found:
        if not _VALUE.fullmatch(value):
            raise InputError(f"{name}: {value[:40]!r} is none", hint="lower case letters and digits")
    return found


def goes_on(query: SearchQuery, found: SearchPage) -> bool:
    """Tell whether there is a page after this one."""
    return query.first + len(found.hits) < min(found.total, MAX_HITS) and bool(found.hits)
