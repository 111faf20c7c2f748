"""The plugin runs in the tests' own process: a jail for each test would take most of their time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest


@pytest.fixture
def lumos_plugin_config() -> Mapping[str, Any]:
    return {"tier": "process"}
