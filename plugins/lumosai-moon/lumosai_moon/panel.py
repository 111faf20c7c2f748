"""A panel: data that the host draws. It shares what it shows with the hook in hooks.py."""

from __future__ import annotations

from datetime import UTC, datetime

from lumosai_moon import hooks
from lumosai_moon.report import moon_on
from lumosai_sdk import PanelBlock, PanelView, PluginContext, panel


@panel
async def tonight(context: PluginContext) -> PanelView:
    """Show tonight's moon, and how many runs it has seen completed."""
    report = moon_on(datetime.now(UTC).date())
    rows = [
        ["Phase", f"{report['emoji']} {report['phase']}"],
        ["Lit", f"{report['illumination_percent']} %"],
        ["Next full moon", report["next_full_moon"]],
        ["Next new moon", report["next_new_moon"]],
    ]
    blocks = [
        PanelBlock("table", "Tonight", columns=["", ""], rows=rows),
        PanelBlock("metric", "Runs completed under this moon", hooks.completed.count),
    ]
    return PanelView("Moon", blocks, refresh=60.0, metadata={"plugin": context.name})
