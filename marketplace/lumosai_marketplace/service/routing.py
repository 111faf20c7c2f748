"""All routes, those that are asked for most first: they are tried one after another."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fastapi import FastAPI

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
_PACKAGE: Final = "lumosai_marketplace.service"


def include_all(app: FastAPI) -> None:
    """Add the ``router`` of every part to the app."""
    for part in PARTS:
        name = f"{_PACKAGE}.{part}"
        if find_spec(name) is not None:
            app.include_router(import_module(name).router)
