"""The index that installers read: PEP 503 and 691, with what PEP 592, 700, 714, 740 and 792 add."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from lumosai_marketplace.service import audit, simplepages
from lumosai_marketplace.service.problems import HttpError
from lumosai_marketplace.service.simplepages import Page
from lumosai_marketplace.service.state import Service, Shared
from lumosai_sdk.errors import NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

router = APIRouter(tags=["index"])
Kind = Literal["json", "html", "text"]
_TYPES: dict[Kind, str] = {
    "json": "application/vnd.pypi.simple.v1+json",
    "html": "application/vnd.pypi.simple.v1+html",
    "text": "text/html; charset=utf-8",
}
_ACCEPTED: dict[str, Kind] = {
    "application/vnd.pypi.simple.v1+json": "json",
    "application/vnd.pypi.simple.latest+json": "json",
    "application/vnd.pypi.simple.v1+html": "html",
    "application/vnd.pypi.simple.latest+html": "html",
    "text/html": "text",
    "text/*": "text",
    "application/*": "json",
    "*/*": "text",
}
_KEPT = 4096
_KEPT_BYTES = 64 * 1024 * 1024
_RANGES = 40
_LIST_SECONDS = 30.0
"""The list of all projects is made anew then: lines of two projects may become visible in another order than theirs."""


@dataclass(frozen=True, slots=True)
class _Kept:
    serial: int
    body: bytes
    etag: str
    at: float


class Pages:
    """Pages that were made. Each is good as long as the audit log's number for its project is the same."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[str, Kind], _Kept] = OrderedDict()
        self._bytes = 0
        self._making = asyncio.Lock()

    def get(self, key: tuple[str, Kind], serial: int) -> _Kept | None:
        """Return a page that is still right."""
        found = self._pages.get(key)
        if found is None or found.serial != serial or (not key[0] and time.monotonic() - found.at > _LIST_SECONDS):
            return None
        self._pages.move_to_end(key)
        return found

    def put(self, key: tuple[str, Kind], serial: int, body: bytes) -> _Kept:
        """Keep a page; others, not asked for lately, make room."""
        if old := self._pages.pop(key, None):
            self._bytes -= len(old.body)
        made = _Kept(serial, body, f'"{hashlib.sha256(key[1].encode() + body).hexdigest()[:32]}"', time.monotonic())
        self._pages[key] = made
        self._bytes += len(body)
        while len(self._pages) > 1 and (len(self._pages) > _KEPT or self._bytes > _KEPT_BYTES):
            _, oldest = self._pages.popitem(last=False)
            self._bytes -= len(oldest.body)
        return made

    @property
    def making(self) -> asyncio.Lock:
        """Held while the list of all projects is made: once, whoever asks for it meanwhile."""
        return self._making


@router.get("/simple/", response_class=Response)
async def projects(request: Request, service: Shared) -> Response:
    """List all projects."""
    kind = _kind(request)
    pages = _pages(service)
    async with service.reads() as session:
        serial = await audit.last(session)
        if (kept := pages.get(("", kind), serial)) is None:
            async with pages.making:
                kept = pages.get(("", kind), serial)
                if kept is None:
                    kept = pages.put(("", kind), serial, _written(await simplepages.project_list(session), kind))
    return _answer(request, kept, kind)


@router.get("/simple/{project}/", response_class=Response)
async def project(request: Request, service: Shared, project: str) -> Response:
    """List a project's files."""
    from packaging.utils import canonicalize_name

    wire = str(canonicalize_name(project))
    if wire != project:
        return RedirectResponse(f"../{wire}/" if _is_plain(wire) else "../", 301)
    kind = _kind(request)
    async with service.reads() as session:
        kept = await _project(service, session, wire, kind)
    return _answer(request, kept, kind)


async def _project(service: Service, session: AsyncSession, wire: str, kind: Kind) -> _Kept:
    pages, serial = _pages(service), await audit.serial(session, wire)
    kept = pages.get((wire, kind), serial)
    if kept is not None:
        return kept
    page = await simplepages.project_page(session, wire, service.settings.url)
    if page is None:
        raise NotFoundError("project", wire[:100])
    return pages.put((wire, kind), serial, _written(page, kind))


def _pages(service: Service) -> Pages:
    made: Pages = service.shared.setdefault("simple.pages", Pages())
    return made


def _written(page: Page, kind: Kind) -> bytes:
    writer: Callable[[], bytes] = page.to_json if kind == "json" else page.to_html
    return writer()


def _answer(request: Request, kept: _Kept, kind: Kind) -> Response:
    headers = {"etag": kept.etag, "cache-control": "no-cache", "vary": "Accept"}
    known = request.headers.get("if-none-match", "")
    if known == "*" or kept.etag in [t.strip().removeprefix("W/") for t in known.split(",")[:_RANGES]]:
        return Response(status_code=304, headers=headers)
    return Response(kept.body, headers=headers, media_type=_TYPES[kind])


def _kind(request: Request) -> Kind:
    """Return the form that is asked for, by ``?format=`` or the header Accept (RFC 9110 section 12.5.1)."""
    if (told := request.query_params.get("format")) is not None:
        if told not in _ACCEPTED:
            raise HttpError(406, f"there is no such format; there are: {', '.join(_TYPES.values())}")
        return _ACCEPTED[told]
    accept = request.headers.get("accept", "*/*")
    best: tuple[float, int] = (0.0, 0)
    chosen: Kind | None = None
    for position, part in enumerate(accept.split(",")[:_RANGES]):
        name, _, parameters = part.partition(";")
        kind, quality = _ACCEPTED.get(name.strip().lower()), _quality(parameters)
        if kind is not None and (quality, -position) > best and quality > 0:
            best, chosen = (quality, -position), kind
    if chosen is None:
        raise HttpError(406, f"the index can be had as: {', '.join(_TYPES.values())}")
    return chosen


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0


def _is_plain(wire: str) -> bool:
    return wire.isascii() and wire.replace("-", "").isalnum()
