from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

MANIFEST = """
schema = 1
name = "x"
version = "0.1.0"
api = ">=1.0,<2"
"""
PYPROJECT = """
[project]
name = "lumosai-x"
version = "0.1.0"
description = "A plugin\\nto build"
[project.entry-points."lumosai.plugins"]
x = "lumosai_x"
"""
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what makes a plugin's folder: its files by name, and texts to add to manifest and pyproject.toml."""

    def made(files: dict[str, str] | None = None, *, manifest: str = "", pyproject: str = "", name: str = "x") -> Path:
        folder = tmp_path / name
        texts = {
            "lumosai_x/lumos-plugin.toml": MANIFEST + manifest,
            "lumosai_x/__init__.py": "",
            "pyproject.toml": PYPROJECT + pyproject,
            **(files or {}),
        }
        for file, text in texts.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return made
