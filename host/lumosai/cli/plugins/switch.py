"""``lumos plugin enable`` and ``disable``: a line in ``lumos.toml``, which a running host follows."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lumosai.cli import quick
from lumosai.cli.output import say, say_json
from lumosai.config.edit import set_value
from lumosai.config.load import FILE_NAME, find


def run(arguments: argparse.Namespace) -> int:
    """Switch the plugin. Raises NotFoundError, ConfigError."""
    name, enabled = arguments.name, arguments.subcommand == "enable"
    plugin = _known(name, arguments.config)
    path = find(arguments.config) or Path(FILE_NAME).absolute()
    made = not path.exists()
    set_value(path, ("plugins", name, "enabled"), enabled)
    now = next(p for p in quick.plugins(arguments.config or str(path)) if p["name"] == name)
    if arguments.json:
        say_json({"plugin": name, "enabled": enabled, "state": now["state"], "path": str(path), "made": made})
        return 0
    say(f"{name} is {'on' if enabled else 'off'}: [plugins.{name}] enabled = {str(enabled).lower()} in {path}")
    if made:
        say(f"{path.name} is new; this folder's data are kept in {path.parent / '.lumos'} from now on")
    if enabled and now["state"] == "broken":
        say(f"but it is broken: {plugin['reason']}")
    return 0


def _known(name: str, config: str | None) -> dict[str, Any]:
    from lumosai_sdk.errors import NotFoundError

    plugins = {p["name"]: p for p in quick.plugins(config)}
    if name not in plugins:
        raise NotFoundError("plugin", name, plugins, hint="lumos plugin list")
    return plugins[name]
