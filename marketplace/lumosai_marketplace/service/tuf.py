"""``/tuf/*``: the index's TUF repository, as files."""

from __future__ import annotations

import asyncio
import re

from fastapi import APIRouter, Response

from lumosai_marketplace.service.state import Shared
from lumosai_sdk.errors import NotFoundError

router = APIRouter(prefix="/tuf", tags=["trust"])
_METADATA = re.compile(r"(?:[0-9]{1,9}\.)?(?:root|targets|snapshot)\.json|timestamp\.json", re.ASCII)
_TARGET = re.compile(r"[0-9a-f]{64}\.[a-z0-9][a-z0-9._-]{0,99}", re.ASCII)


@router.get("/{name}", response_class=Response)
async def metadata(service: Shared, name: str) -> Response:
    """Return metadata of a role. Only timestamps are ever replaced."""
    return await _file(service, name if _METADATA.fullmatch(name) else None, name, fresh=name == "timestamp.json")


@router.get("/targets/{name}", response_class=Response)
async def target(service: Shared, name: str) -> Response:
    """Return a target, by its hash and name."""
    return await _file(service, f"targets/{name}" if _TARGET.fullmatch(name) else None, name, fresh=False)


async def _file(service: Shared, path: str | None, name: str, *, fresh: bool) -> Response:
    data = None
    if path is not None and service.tuf is not None:
        try:
            data = await asyncio.to_thread((service.tuf.public / path).read_bytes)
        except FileNotFoundError:
            data = None
    if data is None:
        raise NotFoundError("TUF file", name[:100])
    caching = "no-cache" if fresh else "public, max-age=3600"
    return Response(data, media_type="application/json", headers={"cache-control": caching})
