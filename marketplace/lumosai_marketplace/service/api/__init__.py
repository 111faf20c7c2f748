"""``/api/v1``: what the command line, the Studio and the pages ask for."""

from __future__ import annotations

from fastapi import APIRouter

from lumosai_marketplace.service.api import advisories, details, hooks, publishers, searching

router = APIRouter(prefix="/api/v1")
for _part in (searching, advisories, publishers, hooks, details):
    router.include_router(_part.router)
