"""A cache of compiled code for each test."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return a folder that is not there yet."""
    return tmp_path / "cache"
