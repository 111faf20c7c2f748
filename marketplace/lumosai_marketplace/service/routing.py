"""All routes, those that are asked for most first: they are tried one after another. And what goes on beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumosai_marketplace.service import (
    accounts,
    api,
    files,
    logapi,
    metrics,
    namespaces,
    oidc,
    search,
    sigstore,
    simple,
    states,
    stats,
    tidying,
    tuf,
    upload,
    web,
    webhooks,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

PARTS: Final = (simple, files, upload, oidc, logapi, sigstore, tuf, namespaces, states, accounts, api, metrics, web)
KEEPERS: Final = (tidying.keep, search.keep, stats.keep, webhooks.keep)
"""What goes on beside the requests, until it is cancelled."""


def include_all(app: FastAPI) -> None:
    """Add the routes of every part to the app."""
    for part in PARTS:
        app.include_router(part.router)
