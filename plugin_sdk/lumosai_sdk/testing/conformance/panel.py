"""What every panel must do."""

# ruff: noqa: S101 - the class is a test
from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from lumosai_sdk.kinds.panel import Panel
from lumosai_sdk.types.panels import PanelView
from lumosai_sdk.types.plugins import PluginContext

_KINDS = frozenset({"markdown", "metric", "table", "json"})
_MAX_BYTES = 1024 * 1024


class PanelConformance:
    """Subclass it, override ``panel``; the rest has defaults."""

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def panel(self) -> Any:
        """The panel under test. Override it."""
        raise NotImplementedError

    @pytest.fixture
    def context(self) -> PluginContext:
        """The plugin's context."""
        return PluginContext("conformance")

    async def test_is_a_panel(self, panel: Any) -> None:
        """It has ``view``."""
        assert isinstance(panel, Panel)

    async def test_shows_something(self, panel: Any, context: PluginContext) -> None:
        """The view has a title and blocks of known kinds, and asks to be refreshed at most once a second."""
        view = await panel.view(context)
        assert isinstance(view, PanelView)
        assert view.title.strip()
        assert {b.kind for b in view.blocks} <= _KINDS
        assert view.refresh is None or view.refresh >= 1

    async def test_is_data(self, panel: Any, context: PluginContext) -> None:
        """The view is JSON, and of a size to be sent every time it is asked for."""
        text = json.dumps((await panel.view(context)).to_json(), allow_nan=False)
        assert len(text.encode()) <= _MAX_BYTES

    async def test_its_tables_are_tables(self, panel: Any, context: PluginContext) -> None:
        """Every row of a table has a cell for each column."""
        for block in (await panel.view(context)).blocks:
            assert all(len(row) == len(block.columns) for row in block.rows)

    async def test_can_be_asked_again(self, panel: Any, context: PluginContext) -> None:
        """Several people may look at once."""
        views = await asyncio.gather(*(panel.view(context) for _ in range(4)))
        assert len({v.title for v in views}) == 1
