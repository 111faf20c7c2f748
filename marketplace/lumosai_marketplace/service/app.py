"""The service as one ASGI app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from sqlalchemy import text

from lumosai_marketplace.service import openapi, problems, routing
from lumosai_marketplace.service.guard import Guard
from lumosai_marketplace.service.metrics import Metrics
from lumosai_marketplace.service.opening import opened
from lumosai_marketplace.service.settings import Settings
from lumosai_marketplace.service.state import Shared

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def create_app(settings: Settings) -> ASGIApp:
    """Return the app, which opens its database, files and keys when it starts, and closes them when it stops.

    Whoever serves it keeps its own server from believing ``X-Forwarded-For`` (uvicorn: ``proxy_headers=False``): the
    app does that itself, of ``[server] proxies`` only. At start it raises ConfigError for what cannot be had: a
    database, a folder, the private instance's keys.
    """
    app = bare_app(settings)
    return Guard(app, settings, app.state.metrics)


def bare_app(settings: Settings) -> FastAPI:
    """Return the app without what stands before every request."""
    app = FastAPI(title=settings.title, lifespan=_lifespan(settings), docs_url=None, redoc_url=None)
    app.state.metrics = Metrics()
    problems.install(app)
    app.add_api_route("/health", health, methods=["GET"], include_in_schema=False)
    routing.include_all(app)
    app.openapi = cache(lambda: openapi.document(app))  # type: ignore[method-assign]
    return app


async def health(service: Shared) -> dict[str, Any]:
    """Tell that the service and its database answer."""
    async with service.reads() as session:
        await session.execute(text("SELECT 1"))
    return {"status": "ok"}


def _lifespan(settings: Settings) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings) as service:
            app.state.service = service
            service.shared["metrics"] = app.state.metrics
            keepers = [asyncio.create_task(keep(service)) for keep in routing.KEEPERS]
            try:
                yield
            finally:
                for keeper in keepers:
                    keeper.cancel()
                await asyncio.gather(*keepers, return_exceptions=True)

    return lifespan
