"""The JSON Schema of ``lumos.toml``, plugins' settings included."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lumosai.config.model import Config
from lumosai.plugins.index import Record


def schema_with(records: Iterable[Record]) -> dict[str, Any]:
    """Return the schema (draft 2020-12), each plugin's settings by the schema in its manifest."""
    schema = Config.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    known = {
        r["name"]: {"allOf": [{"$ref": "#/$defs/PluginConfig"}], "properties": {"settings": r["settings_schema"]}}
        for r in records
        if "settings_schema" in r and "error" not in r
    }
    schema["properties"]["plugins"] |= {"properties": known}
    return schema
