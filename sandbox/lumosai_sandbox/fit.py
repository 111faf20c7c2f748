"""Whether a component keeps to its manifest: held together before any of its code runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lumosai_sandbox.artefacts import Shape
from lumosai_sdk import wit
from lumosai_sdk.errors import PluginLoadError

FREE = frozenset({"log", "config", "events"})
"""Interfaces that need no right."""
_RIGHTS = {"model": "models"}
_LINES = {
    "http": 'http = ["GET https://HOST/*"]',
    "files": 'files = ["read FOLDER"]',
    "env": 'env = ["NAME"]',
    "secrets": 'secrets = ["NAME to HOST"]',
    "models": 'models = ["PROVIDER/MODEL"]',
    "tools": 'tools = ["PLUGIN.TOOL"]',
    "kv": "kv = true",
    "clock": "clock = true",
    "random": "random = true",
}
"""What asks for each right in a manifest's ``[permissions]``; what stands in capitals is its author's to say."""


def check(plugin: str, file: str, shape: Shape, record: Mapping[str, Any]) -> None:
    """Raise PluginLoadError for a component that asks for more than its manifest does, or gives less."""
    if shape.unmet:
        raise PluginLoadError(
            plugin, file, f"it imports {', '.join(shape.unmet)}, which no host offers", hint="lumos plugin inspect"
        )
    asked = record.get("permissions", {})
    for name in shape.imports:
        if (right := right_of(name)) is not None and not asked.get(right):
            raise PluginLoadError(
                plugin,
                file,
                f"it imports {name}, but its manifest does not ask for the permission {right!r}",
                hint=f"in lumos-plugin.toml: [permissions] {_LINES[right]}",
            )
    for kind, items in record.get("contributes", {}).items():
        _check_kind(plugin, file, shape, kind, items)


def right_of(name: str) -> str | None:
    """Return the permission behind an imported interface's full name; None for those that need none."""
    package, _, rest = name.partition("/")
    interface = rest.partition("@")[0]
    if package != wit.PACKAGE or interface in FREE:
        return None
    return _RIGHTS.get(interface, interface)


def needed(shape: Shape) -> dict[str, str]:
    """Return the permissions that a manifest of the component must ask for, each with a line that does."""
    rights = set(map(right_of, shape.imports))
    return {right: line for right, line in _LINES.items() if right in rights}


def _check_kind(plugin: str, file: str, shape: Shape, kind: str, items: Iterable[Mapping[str, Any]]) -> None:
    if not shape.ours:
        known = {f.key for f in shape.functions}
        for item in items:
            if kind != "tool" or item["target"] not in known:
                raise PluginLoadError(
                    plugin,
                    file,
                    f"{kind} {item['id']!r}: the component exports no function {item['target']!r}",
                    hint=f"its functions: {', '.join(sorted(known)[:8]) or 'none'}; they can be tools only",
                )
        return
    wanted = f"{wit.PACKAGE}/{kind}@"
    if kind not in wit.exports() or not any(e.startswith(wanted) for e in shape.exports):
        ids = ", ".join(i["id"] for i in items)
        raise PluginLoadError(
            plugin,
            file,
            f"its manifest declares the {kind} {ids}, but the component does not export {wit.PACKAGE}/{kind}",
            hint="lumos plugin build",
        )
