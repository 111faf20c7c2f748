"""Lists in pages: ``{"data": […], "next": "…"}``, where ``next`` is the cursor of the page that follows, or null."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class PageQuery(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=200, description="Entries a page.")] = 50
    cursor: Annotated[str | None, Field(max_length=256, description="The `next` of the page before.")] = None


def page(found: Sequence[T], query: PageQuery, key: Callable[[T], str], show: Callable[[T], Any]) -> dict[str, Any]:
    """Return a page of *found*, of which one more than the limit was asked for to see whether there are more."""
    kept = found[: query.limit]
    more = len(found) > query.limit
    return {"data": [show(item) for item in kept], "next": key(kept[-1]) if more else None}
