"""``/v1/panels``: pieces of user interface that plugins contribute, as data."""

from __future__ import annotations

from typing import Any

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.operation import Operation
from lumosai.gateway.plugin_shapes import PanelSummary, PanelViewShape
from lumosai.gateway.reply import json_reply
from lumosai.gateway.shapes import Listing
from lumosai.plugins.registry import Entry
from lumosai_sdk.types.panels import PanelView

SECONDS = 10.0


async def list_panels(call: Call) -> ASGIApp:
    """Return every panel."""
    return json_reply({"data": [_summary(e) for e in call.gate.host.registry.entries("panel")]})


async def get_panel(call: Call) -> ASGIApp:
    """Return what a panel shows now. Raises NotFoundError, PluginError."""
    entry = call.gate.host.registry.get("panel", call.params["panel_id"])
    panel, generation, what = entry.obj, entry.generation, f"panel {entry.id!r}"
    view = await generation.guard(what, lambda: panel.view(generation.context), SECONDS)
    if not isinstance(view, PanelView):
        raise generation.failure(f"{what} returned no PanelView", TypeError(type(view).__name__))
    try:
        return json_reply(view.to_json())
    except (TypeError, AttributeError) as e:
        raise generation.failure(f"{what} shows what is not JSON", e) from e


def _summary(entry: Entry) -> dict[str, Any]:
    data = entry.data
    return {
        "id": entry.id,
        "plugin": entry.generation.name,
        "title": data.get("title") or entry.id,
        "description": data.get("description", ""),
    }


PANEL = {"id": "moon.tonight", "plugin": "moon", "title": "Moon", "description": "Tonight's moon"}
VIEW = {
    "title": "Moon",
    "blocks": [{"kind": "metric", "title": "Lit", "value": "97 %", "columns": [], "rows": []}],
    "refresh": 60.0,
}

OPERATIONS = (
    Operation(
        "GET",
        "/v1/panels",
        list_panels,
        "listPanels",
        "List panels",
        "panels",
        action="panel.read",
        answers=Listing[PanelSummary],
        example={"data": [PANEL]},
        stable=True,
    ),
    Operation(
        "GET",
        "/v1/panels/{panel_id}",
        get_panel,
        "getPanel",
        "Get what a panel shows now",
        "panels",
        action="panel.read",
        resource="panel_id",
        answers=PanelViewShape,
        example=VIEW,
    ),
)
