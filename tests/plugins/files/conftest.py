"""A granted folder with something in it, a secret outside, and the tools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lumosai_plugins.files import tools
from lumosai_sdk import Permissions, PluginContext, ToolContext

TOOLS: dict[str, Any] = {"read": tools.Read, "list": tools.List, "search": tools.Find, "write": tools.Write}
SECRET = "the secret outside"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The granted folder."""
    folder = tmp_path / "docs"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "a.txt").write_text("alpha\nbeta\nGamma ray\n", encoding="utf-8")
    (folder / "deep" / "b.md").write_text("beta again\n", encoding="utf-8")
    (folder / ".env").write_text("KEY=gamma\n", encoding="utf-8")
    return folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file next to the granted folder."""
    path = tmp_path / "secret.txt"
    path.write_text(SECRET, encoding="utf-8")
    return path


@pytest.fixture
def use(root: Path) -> Callable[..., Awaitable[Any]]:
    """Call a tool by name, with the folder granted for writing unless *grants* say otherwise."""

    async def call(name: str, *, grants: tuple[str, ...] | None = None, settings: Any = None, **arguments: Any) -> Any:
        tool = TOOLS[name](PluginContext("files", settings=settings or {}, base=root.parent))
        rules = (f"write {root}",) if grants is None else grants
        return await tool.call(arguments, ToolContext(permissions=Permissions(files=rules)))

    return call
