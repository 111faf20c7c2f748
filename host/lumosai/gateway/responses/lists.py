"""Lists of items, in pages (OpenAI API reference, "List input items" and "List items")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from lumosai.gateway.errors import InvalidFieldsError
from lumosai.gateway.responses.input_items import Item


class ItemsQuery(BaseModel):
    """Which page of a list of items. ``include`` is passed over: images are always told."""

    limit: Annotated[int, Field(ge=1, le=100, description="Items a page.")] = 20
    order: Annotated[Literal["asc", "desc"], Field(description="Oldest or newest first.")] = "desc"
    after: Annotated[str | None, Field(max_length=512, description="The id of the last item of the page before.")] = (
        None
    )


def item_page(items: Sequence[Item], query: ItemsQuery) -> dict[str, Any]:
    """Return a page of *items*, which are oldest first. Raises InvalidFieldsError for an unknown ``after``."""
    ordered = list(items) if query.order == "asc" else list(reversed(items))
    start = 0
    if query.after is not None:
        ids = [i["id"] for i in ordered]
        if query.after not in ids:
            raise InvalidFieldsError([{"field": "query.after", "message": "there is no such item here"}])
        start = ids.index(query.after) + 1
    return listed(ordered[start : start + query.limit], more=start + query.limit < len(ordered))


def listed(items: Sequence[Item], *, more: bool = False) -> dict[str, Any]:
    """Return items as a list that tells whether there are more."""
    first, last = (items[0]["id"], items[-1]["id"]) if items else ("", "")
    return {"object": "list", "data": list(items), "first_id": first, "last_id": last, "has_more": more}
