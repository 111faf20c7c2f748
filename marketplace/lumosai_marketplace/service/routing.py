"""All routes, those that are asked for most first: they are tried one after another. And what goes on beside them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from fastapi import FastAPI

    from lumosai_marketplace.service.state import Service

    Keeper = Callable[[Service], Coroutine[Any, Any, None]]

PARTS: Final = (
    "simple",
    "files",
    "upload",
    "oidc",
    "logapi",
    "sigstore",
    "tuf",
    "namespaces",
    "states",
    "accounts",
    "api",
    "metrics",
    "web",
)
KEEPERS: Final = ("tidying", "search", "stats", "webhooks")
_PACKAGE: Final = "lumosai_marketplace.service"


def keepers() -> list[Keeper]:
    """Return what goes on beside the requests, until it is cancelled."""
    found = [f"{_PACKAGE}.{part}" for part in KEEPERS]
    return [import_module(name).keep for name in found if find_spec(name) is not None]


def include_all(app: FastAPI) -> None:
    """Add the ``router`` of every part that is there to the app."""
    for part in PARTS:
        name = f"{_PACKAGE}.{part}"
        router = getattr(import_module(name), "router", None) if find_spec(name) is not None else None
        if router is not None:
            app.include_router(router)
