"""What editors and other MCP clients want to read to start ``lumos mcp serve``."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

NAME: Final = "lumosai"


def _servers(command: Sequence[str]) -> Any:
    return {"mcpServers": {NAME: {"command": command[0], "args": list(command[1:])}}}


def _vscode(command: Sequence[str]) -> Any:
    return {"servers": {NAME: {"type": "stdio", "command": command[0], "args": list(command[1:])}}}


def _zed(command: Sequence[str]) -> Any:
    return {"context_servers": {NAME: {"command": command[0], "args": list(command[1:]), "env": {}}}}


EDITORS: Final[dict[str, tuple[str, Callable[[Sequence[str]], Any]]]] = {
    "claude": ("claude_desktop_config.json, or .mcp.json of a project", _servers),
    "cursor": (".cursor/mcp.json", _servers),
    "gemini": (".gemini/settings.json", _servers),
    "vscode": (".vscode/mcp.json", _vscode),
    "windsurf": ("~/.codeium/windsurf/mcp_config.json", _servers),
    "zed": ("settings.json", _zed),
}
"""Editor → the file it reads, and what makes its content of a command."""


def snippet(editor: str, command: Sequence[str]) -> str:
    """Return the JSON an editor wants. Raises KeyError for one that is not known."""
    return json.dumps(EDITORS[editor][1](command), indent=2)
