"""MCP servers that offer without end, and models that nest what an application shares."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from mcp_types import Tool

from lumosai_plugins.agui.sharing import Shared
from lumosai_plugins.mcp.connection import Connection
from lumosai_plugins.mcp.offers import MAX_TOOLS, offered
from lumosai_plugins.mcp.settings import Settings
from lumosai_sdk.errors import ToolError
from lumosai_sdk.types.plugins import PluginContext

if TYPE_CHECKING:
    from pathlib import Path

    from lumosai_plugins.mcp.offers import Offered

_MANY = 20_000


class Counting:
    """A tool that counts how often it is asked for its name."""

    asked = 0

    def __init__(self, name: str) -> None:
        self._tool = Tool(name=name, input_schema={})

    def __getattr__(self, name: str) -> Any:
        if name == "name":
            Counting.asked += 1
        return getattr(self._tool, name)


def test_a_server_with_very_many_tools_does_not_hold_up_the_host() -> None:
    """Each was compared with all before it: one page of the size that is allowed stopped the host for minutes."""
    Counting.asked = 0
    tools: Any = [Counting(f"t{n}") for n in range(_MANY)]
    assert len(offered(tools, resources=False, prompts=False).tools) == MAX_TOOLS
    assert Counting.asked < 10 * _MANY


def test_faults_are_not_told_without_end() -> None:
    tools = [Tool(name=f"t{n // 2}", input_schema={}) for n in range(_MANY)]
    found = offered(tools, resources=False, prompts=False)
    assert found.tools == ()
    assert len(found.faults) <= MAX_TOOLS


class Endless:
    """A client of a server whose last page never comes."""

    server_capabilities = SimpleNamespace(tools=True, resources=None, prompts=None)

    def __init__(self) -> None:
        self.pages = 0

    async def list_tools(self, cursor: str | None) -> Any:
        self.pages += 1
        tools = [Tool(name=f"t{cursor}-{n}", input_schema={}) for n in range(300)]
        return SimpleNamespace(tools=tools, next_cursor=str(self.pages))


async def test_no_more_pages_are_read_than_are_offered(tmp_path: Path) -> None:
    context = PluginContext("mcp", settings={"servers": {"crooked": {"url": "http://127.0.0.1:1/mcp"}}})
    settings = Settings.of(context.settings, tmp_path).servers["crooked"]
    found: list[Offered] = []
    client: Any = Endless()
    await Connection(settings, context, found.append)._look(client)
    assert client.pages == 2  # noqa: PLR2004
    assert len(found[0].tools) == MAX_TOOLS


def test_a_state_nested_too_deeply_is_told_to_the_model() -> None:
    """Anything but a ToolError counts as the plugin's failure, and many of them shut it for all."""
    deep: Any = {}
    for _ in range(900):
        deep = {"a": deep}
    shared = Shared(frozenset(), {"kept": 1})
    with pytest.raises(ToolError, match="nested"):
        shared.change([{"op": "add", "path": "/x", "value": deep}])
    assert shared.state == {"kept": 1}
    assert list(shared.untold()) == []
