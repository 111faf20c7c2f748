"""``/healthz`` and ``/readyz``: whether the service answers, and whether it can record what it does."""

from __future__ import annotations

import asyncio
from typing import Any

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.operation import Operation
from lumosai.gateway.reply import json_reply
from lumosai.gateway.shapes import Liveness
from lumosai.host import Host
from lumosai.version import __version__
from lumosai_sdk.kinds.storage import HealthReporter

SECONDS = 3.0
AGAIN = 5
"""Seconds after which to ask again whether the service is ready."""


async def healthz(call: Call) -> ASGIApp:
    """Tell that the service answers, how the storage is, and to who manages it, what it is doing."""
    state = await _state(call)
    if call.principal.allows("plugin.manage"):
        state["service"] = await call.gate.peers.service.counts()
    return json_reply(state)


async def readyz(call: Call) -> ASGIApp:
    """Tell whether the service can do its work: 503 while the storage takes nothing."""
    state = await _state(call)
    if state["storage"]["ok"]:
        return json_reply(state)
    return json_reply(state, 503, [(b"retry-after", b"%d" % AGAIN)])


async def _state(call: Call) -> dict[str, Any]:
    storage = await storage_health(call.gate.host)
    if not call.principal.allows("plugin.manage"):
        storage["detail"] = ""  # it may name files
    return {"status": "ok" if storage["ok"] else "degraded", "version": __version__, "storage": storage}


async def storage_health(host: Host) -> dict[str, Any]:
    """Return ``{ok, detail}``; a storage that says nothing of its health is taken to be well."""
    if not isinstance(host.storage, HealthReporter):
        return {"ok": True, "detail": ""}
    try:
        async with asyncio.timeout(SECONDS):
            told = await host.storage.health()
        return {"ok": bool(told["ok"]), "detail": str(told.get("detail", ""))}
    except Exception as e:  # noqa: BLE001 - whatever the storage does, it is not well, and this must say so
        return {"ok": False, "detail": f"{type(e).__name__}: {e}"}


EXAMPLE = {"status": "ok", "version": __version__, "storage": {"ok": True, "detail": ""}}

OPERATIONS = (
    Operation(
        "GET",
        "/healthz",
        healthz,
        "getHealth",
        "Tell whether the service answers",
        "service",
        description="Open to every caller. The status is 200 as long as the service answers at all. A caller who may "
        "manage plugins is told, as `service`, of its processes.",
        answers=Liveness,
        example=EXAMPLE,
    ),
    Operation(
        "GET",
        "/readyz",
        readyz,
        "getReadiness",
        "Tell whether the service can do its work",
        "service",
        description="Open to every caller. The status is 503 while runs cannot be recorded.",
        answers=Liveness,
        example=EXAMPLE,
    ),
)
