"""The plugin runs in the tests' own process: a jail for each test would take most of their time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Any

import pytest

if shutil.which("node") is None and not os.environ.get("CI"):
    pytest.skip("the plugin is built with Node, which is not installed", allow_module_level=True)


@pytest.fixture
def lumos_plugin_config() -> Mapping[str, Any]:
    return {"tier": "process"}
