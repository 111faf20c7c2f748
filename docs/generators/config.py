"""``lumos.toml``: every key, and the JSON Schema for editors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from generators import manifest, plugins
from generators.json_schema import reference, rows, values
from generators.markdown import code, line, page, table
from lumosai.config.model import Config

HEAD = ("key", "type", "default", "what it is")
INTRO = """
`lumos.toml` is looked for in this order: `--config FILE`, the environment variable `LUMOS_CONFIG`, the working
directory. Every key has a default, and no file at all is a working configuration. Relative paths start at the folder
of the file.

An environment variable wins over the file: `LUMOS_`, then the path of the key in capitals, joined by two underscores.
`LUMOS_SERVER__PORT=9000` sets `[server] port`. Lists and tables are written as JSON:
`LUMOS_HOST__MONITORS='["console"]'`.

A secret is never written as itself. Where a setting holds one, write `env:NAME` for an environment variable or
`file:path` for a file.

An unknown key is an error, and so is a value of the wrong type; both name the file, the line and the nearest key.
`lumos config check` looks without starting anything. [`lumos.schema.json`](lumos.schema.json) describes the same to
an editor: put `#:schema <path or URL of that file>` at the top of `lumos.toml`.
"""
# What the models leave unsaid, because the name and the table's own line say it there.
MORE: dict[str, dict[str, str]] = {
    "AgentConfig": {
        "description": "What it is for, in a line; listings show it.",
        "temperature": "How freely the model chooses its words.",
        "max_tokens": "Tokens an answer may have.",
        "limits": "Narrower limits for its runs: see below.",
    },
    "PluginConfig": {"enabled": "Whether it is loaded."},
    "ResourceLimits": manifest.described_limits(),
    "PriceConfig": {
        "input": "A million tokens in.",
        "output": "A million tokens out.",
        "cached": "A million tokens in that the vendor had cached; default: as `input`.",
    },
}


def pages() -> dict[str, str]:
    """Return the page and the schema."""
    schema = Config.model_json_schema()
    return {
        "configuration.md": page("Configuration", INTRO, *_sections(schema)),
        "lumos.schema.json": json.dumps(_whole(schema), indent=2, ensure_ascii=False) + "\n",
    }


def _sections(schema: dict[str, Any]) -> Iterator[str]:
    for key, value in schema["properties"].items():
        model = reference(value)
        yield from _section(schema, f"{key}.<name>" if values(value) else key, model)


def _section(schema: dict[str, Any], heading: str, model: str) -> Iterator[str]:
    definition = schema["$defs"][model]
    yield f"## `[{heading}]`"
    yield line(definition.get("description"))
    yield table(HEAD, rows(definition, MORE.get(model)))
    for key, value in definition["properties"].items():
        if inner := reference(value):
            below = schema["$defs"][inner]
            yield f"### `[{heading}.{key}{'.<name>' if values(value) else ''}]`"
            yield line(below.get("description"))
            yield table(HEAD, _inner(below, inner, value.get("default") or {}))


def _inner(model: dict[str, Any], name: str, set_here: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows of a table within a table; *set_here* are defaults that it has in this place."""
    for key, kind, default, text in rows(model, MORE.get(name)):
        here = set_here.get(key.strip("`"))
        yield key, kind, default if here is None else code(json.dumps(here)), text


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """Add the settings of the built-in plugins, as ``lumos config schema`` adds those of the installed ones."""
    tables = {
        m.name: {"allOf": [{"$ref": "#/$defs/PluginConfig"}], "properties": {"settings": m.settings_schema}}
        for m in plugins.manifests()
        if m.settings_schema
    }
    properties = {**schema["properties"], "plugins": {**schema["properties"]["plugins"], "properties": tables}}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**head, **schema, "title": "lumos.toml", "properties": properties}


def undescribed() -> list[str]:
    """Return the keys whose description is nowhere, or in two places."""
    definitions = Config.model_json_schema()["$defs"]
    return [
        f"{name}.{key}"
        for name, model in definitions.items()
        for key, value in model["properties"].items()
        if bool(value.get("description")) == (key in MORE.get(name, {}))
    ]
