"""The plugins that come with LumosAI: what each contributes, asks for and can be set to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import lumosai_plugins
from generators.json_schema import rows
from generators.markdown import code, escape, line, page, sentence, table
from lumosai_sdk.manifest import FILE_NAME, Manifest, load

INTRO = """
What comes with LumosAI. These plugins are found and loaded just as anybody else's; any of them can be switched off
with `enabled = false` in its table.
"""
HEAD = ("key", "type", "default", "what it is")


def pages() -> dict[str, str]:
    """Return the page."""
    return {"plugins.md": page("Built-in plugins", INTRO, *(text for m in manifests() for text in _plugin(m)))}


def manifests() -> list[Manifest]:
    """Return the manifests of the built-in plugins, by name."""
    folder = Path(next(iter(lumosai_plugins.__path__)))
    return [load(p) for p in sorted(folder.glob(f"*/{FILE_NAME}"))]


def missing() -> list[str]:
    """Return the entry points of this distribution that have no manifest in the folder."""
    have = {m.name for m in manifests()}
    points = metadata.distribution("lumosai").entry_points
    return [p.name for p in points if p.group == "lumosai.plugins" and p.name not in have]


def _plugin(manifest: Manifest) -> Iterator[str]:
    yield f"## {manifest.name}"
    yield escape(sentence(manifest.description))
    found = [(kind, c) for kind, items in manifest.contributes for c in items]
    yield table(("kind", "id", ""), ((kind, code(c.id), _about(c)) for kind, c in found))
    for tool in manifest.contributes.tool:
        if tool.input_schema and tool.input_schema.get("properties"):
            yield f"Arguments of `{tool.id}`:"
            yield table(HEAD, rows(tool.input_schema))
    if manifest.permissions:
        yield "It asks for these [permissions](permissions.md), and has what `[plugins.<name>.grant]` gives of them:"
        yield table(("permission", ""), ((code(k), _asked(v)) for k, v in manifest.permissions.items()))
    if manifest.settings_schema:
        yield f"Settings, in `[plugins.{manifest.name}.settings]`:"
        yield table(HEAD, _settings(manifest.settings_schema))


def _about(contribution: Any) -> str:
    text = line(contribution.description)
    if path := getattr(contribution, "path", ""):
        text = f"{' '.join(contribution.methods)} {code(path)} {text}"
    return text + (" Needs a person's leave." if getattr(contribution, "approval", "never") == "always" else "")


def _asked(value: Any) -> str:
    return ", ".join(map(code, value)) if isinstance(value, list) else code(value)


def _settings(schema: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    for row, (key, value) in zip(rows(schema), schema.get("properties", {}).items(), strict=True):
        kind = "secret" if value.get("format") == "secret" else row[1]
        yield code(prefix + key), kind, row[2], row[3]
        inner = value if "properties" in value else value.get("additionalProperties")
        if isinstance(inner, Mapping) and "properties" in inner:
            yield from _settings(inner, f"{prefix}{key}." + ("" if inner is value else "<name>."))
        items = value.get("items")
        if isinstance(items, Mapping) and "properties" in items:
            yield from _settings(items, f"{prefix}{key}[].")
