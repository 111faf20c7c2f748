"""The pages of an index: made by the server, whole without scripts, and quicker with one."""

from __future__ import annotations

from fastapi import APIRouter

from lumosai_marketplace.service.web import assets, logpages, pages

router = APIRouter()
for _part in (pages, logpages, assets):
    router.include_router(_part.router)
