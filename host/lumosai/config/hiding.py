"""Configuration as it may be shown: without the secrets that somebody wrote where references to them belong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lumosai.plugins.index import Record
from lumosai_sdk.secrets import is_reference

HIDDEN = "********"
_NAME = re.compile(r"(^|[_-])(api_?key|key|token|secret|password|passwd|authorization|credentials?)$", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")
_NOTHING: Mapping[str, Any] = {}


def hidden(value: Any, schema: Mapping[str, Any] = _NOTHING, name: str = "") -> Any:
    """Return *value* with ``********`` for what is a secret by its JSON Schema or its name, and for a URL's userinfo.

    References to secrets stay: they are none.
    """
    if isinstance(value, Mapping):
        return {k: hidden(v, _inside(schema, str(k)), str(k)) for k, v in value.items()}
    if isinstance(value, list):
        return [hidden(v, _schema(schema.get("items")), name) for v in value]
    if value in {None, ""} or isinstance(value, bool) or is_reference(value):
        return value
    if schema.get("format") == "secret" or _NAME.search(name):
        return HIDDEN
    return _USERINFO.sub(f"{HIDDEN}@", value) if isinstance(value, str) else value


def hidden_config(config: Mapping[str, Any], records: Sequence[Record], *, strict: bool = False) -> dict[str, Any]:
    """Return a whole configuration as ``hidden`` does, each plugin's settings by the schema in its manifest.

    With *strict*, settings that no schema explains are all taken for secrets.
    """
    plugins = {}
    for name, table in config.get("plugins", {}).items():
        schema = next((r.get("settings_schema") for r in records if r["name"] == name), None)
        if strict and schema is None and "settings" in table:
            plugins[name] = hidden({**table, "settings": _sealed(table["settings"])})
        else:
            plugins[name] = hidden(table, {"properties": {"settings": schema}})
    return {**hidden(config), "plugins": plugins}


def _sealed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _sealed(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_sealed(v) for v in value]
    return value if isinstance(value, bool) or is_reference(value) else HIDDEN


def _inside(schema: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    properties = _schema(schema.get("properties"))
    return _schema(properties.get(key, schema.get("additionalProperties")))


def _schema(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else _NOTHING
