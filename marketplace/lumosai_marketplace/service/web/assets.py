"""Static files: under names that change with what is in them, so that browsers keep them for ever."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response

from lumosai_sdk.errors import NotFoundError

FOLDER: Final = Path(__file__).parent / "static"
TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, and the hash in its address."""

    data: bytes
    digest: str
    type: str


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """Return all static files by name."""
    found = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in TYPES:
            data = path.read_bytes()
            found[path.name] = Asset(data, hashlib.sha256(data).hexdigest()[:16], TYPES[path.suffix])
    return found


def address(name: str) -> str:
    """Return where a static file is."""
    return f"/static/{assets()[name].digest}/{name}"


@router.get("/static/{digest}/{name}", include_in_schema=False)
async def static(digest: str, name: str) -> Response:
    """Return a static file."""
    asset = assets().get(name)
    if asset is None or asset.digest != digest:
        raise NotFoundError("file", name[:100])
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(asset.data, media_type=asset.type, headers=headers)
