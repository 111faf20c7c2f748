"""Lists in pages: ``{"data": […], "has_more": …, "next_cursor": …}``, and ``Link: <…>; rel="next"`` (RFC 8288).

A cursor tells the place of the last entry that was seen, so entries that come or go meanwhile shift nothing.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Protocol, TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, Field

from lumosai.gateway.call import Call
from lumosai.gateway.errors import InvalidFieldsError
from lumosai.gateway.reply import Header, Reply, json_reply

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Place = tuple[float, str]
"""Where an entry stands in a list that is sorted by time, newest first, and then by id."""
MARK = 8
_SCAN, _SCANS = 200, 50


class PageQuery(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=200, description="Entries a page.")] = 50
    cursor: Annotated[str | None, Field(max_length=1024, description="The `next_cursor` of the page before.")] = None


class Fetch(Protocol[T_co]):
    """Asks a store for up to so many entries after the one with an id."""

    def __call__(self, limit: int, before: str | None) -> Awaitable[Sequence[T_co]]: ...


def cursor_of(call: Call, query: PageQuery, place: Sequence[Any]) -> str:
    """Return what names a place of this list, and of no other: its path and filters are held against it."""
    data = json.dumps(list(place), separators=(",", ":")).encode()
    return urlsafe_b64encode(_mark(call, query, data) + data).rstrip(b"=").decode()


def place_of(call: Call, query: PageQuery, kind: tuple[type, ...]) -> tuple[Any, ...] | None:
    """Return the place that the cursor names, its parts of these types, None without one. Raises InvalidFieldsError."""
    if query.cursor is None:
        return None
    try:
        raw = urlsafe_b64decode(query.cursor.encode("ascii") + b"=" * (-len(query.cursor) % 4))
        place = json.loads(raw[MARK:])
    except (ValueError, RecursionError):
        raise _unknown() from None
    fits = isinstance(place, list) and tuple(type(p) for p in place) == kind
    if raw[:MARK] != _mark(call, query, raw[MARK:]) or not fits:
        raise _unknown()
    return tuple(place)


def _unknown() -> InvalidFieldsError:
    return InvalidFieldsError(
        [{"field": "query.cursor", "message": "no cursor of this list and these filters; without one it begins anew"}]
    )


def _mark(call: Call, query: PageQuery, data: bytes) -> bytes:
    """Return a checksum, which is no secret: whoever makes up a place gets what it may read from there on."""
    filters = query.model_dump(mode="json", exclude={"limit", "cursor"}, exclude_defaults=True)
    of = json.dumps([call.scope["path"], filters], sort_keys=True).encode()
    return hashlib.blake2b(of + b"\0" + data, digest_size=MARK).digest()


async def after(
    place: Place | None,
    limit: int,
    fetch: Fetch[T],
    get: Callable[[str], Awaitable[T | None]],
    place_in: Callable[[T], Place],
) -> Sequence[T]:
    """Return up to *limit* entries that stand after a place.

    A store goes on after an entry; where that has moved or is gone, the list is gone through from its top. Raises
    InvalidFieldsError where it is too long for that.
    """
    if place is None:
        return await fetch(limit, None)
    entry = await get(place[1])
    if entry is not None and place_in(entry) == place:
        return await fetch(limit, place[1])
    found: list[T] = []
    last: str | None = None
    for _ in range(_SCANS):
        entries = await fetch(_SCAN, last)
        found += [e for e in entries if place_in(e) < place]
        if len(found) >= limit or len(entries) < _SCAN:
            return found[:limit]
        last = place_in(entries[-1])[1]
    raise _unknown()


def page_reply(
    call: Call,
    query: PageQuery,
    found: Sequence[T],
    place: Callable[[T], Sequence[Any]],
    show: Callable[[T], Any],
) -> Reply:
    """Answer with a page of *found*, of which one more than the limit was asked for to see whether there are more."""
    kept = found[: query.limit]
    following = place(kept[-1]) if len(found) > query.limit else None
    return reply_with(call, query, [show(item) for item in kept], following)


def reply_with(call: Call, query: PageQuery, data: Sequence[Any], following: Sequence[Any] | None) -> Reply:
    """Answer with a page, and where the next one begins, None where there is none."""
    cursor = None if following is None else cursor_of(call, query, following)
    body = {"data": data, "has_more": cursor is not None, "next_cursor": cursor}
    return json_reply(body, headers=() if cursor is None else [_link(call, cursor)])


def _link(call: Call, cursor: str) -> Header:
    asked = {**call.pairs(), "cursor": cursor}
    return b"link", f'<{quote(call.scope["path"])}?{urlencode(asked)}>; rel="next"'.encode()
