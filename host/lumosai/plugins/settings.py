"""A plugin's settings: defaults filled in, checked against the manifest's schema, secrets wrapped."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from lumosai.config.model import PluginConfig
from lumosai.plugins.index import Record, is_delivered
from lumosai.validation import Validator
from lumosai_sdk.errors import ConfigError, InputError
from lumosai_sdk.permissions import FileRule, Grant, Permissions
from lumosai_sdk.secrets import Secret, is_reference


def plugin_settings(record: Record, settings: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """Return the settings a plugin is handed. Raises ConfigError naming plugin and key."""
    name, schema = record["name"], record.get("settings_schema")
    if schema is None:
        if settings:
            raise ConfigError(f"[plugins.{name}.settings]: the plugin {name!r} has no settings")
        return {}
    validator = _validator(name, schema)
    value = with_defaults(schema, dict(settings))
    if errors := validator.errors(value):
        raise ConfigError(f"[plugins.{name}.settings]: {'; '.join(errors)}")
    wrapped = _wrap(schema, value, base, f"plugins.{name}.settings")
    return dict(wrapped)


def _validator(name: str, schema: Mapping[str, Any]) -> Validator:
    try:
        # Somebody may have written a secret where none belongs: no error repeats a value.
        return Validator(schema, mask="the value")
    except InputError as e:
        raise ConfigError(f"plugin {name!r}: settings_schema in its manifest: {e.message}") from None


def with_defaults(schema: Any, value: Any) -> Any:
    """Return *value* with the schema's defaults where it says nothing."""
    if not isinstance(value, Mapping) or not isinstance(schema, Mapping):  # true and false are schemas too
        return value
    out = dict(value)
    for key, sub in schema.get("properties", {}).items():
        if key not in out and isinstance(sub, Mapping) and "default" in sub:
            out[key] = deepcopy(sub["default"])
        if key in out:
            out[key] = with_defaults(sub, out[key])
    more = schema.get("additionalProperties")
    if isinstance(more, Mapping):
        for key in out.keys() - schema.get("properties", {}).keys():
            out[key] = with_defaults(more, out[key])
    return out


def _wrap(schema: Any, value: Any, base: Path, where: str) -> Any:
    if not isinstance(schema, Mapping):
        return value
    if schema.get("format") == "secret":
        if not is_reference(value):
            raise ConfigError(
                f"{where}: a secret is written as a reference, not as itself", hint='use "env:NAME" or "file:path"'
            )
        return Secret(value, base)
    if isinstance(value, Mapping):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties")
        rest = more if isinstance(more, Mapping) else {}
        return {k: _wrap(properties.get(k, rest), v, base, f"{where}.{k}") for k, v in value.items()}
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        return [_wrap(schema["items"], v, base, f"{where}[{i}]") for i, v in enumerate(value)]
    return value


def granted(record: Record, config: PluginConfig) -> Permissions:
    """Return what a plugin's owner grants it: what ``lumos.toml`` says, else what was agreed to at its install."""
    if "grant" not in config.model_fields_set and is_delivered(record):
        return Permissions.from_json(record["delivered"]["granted"])
    return Permissions.from_json(config.grant)


def plugin_grant(record: Record, granted: Permissions) -> Grant:
    """Return what a plugin asks for and was granted."""
    requested = Permissions.from_json(record.get("permissions", {}))
    return Grant(requested, granted)


def absolute_files(permissions: Permissions, base: Path) -> Permissions:
    """Return *permissions* with relative folders taken from *base*."""
    rules = (FileRule.parse(t) for t in permissions.files)
    return replace(permissions, files=tuple(f"{r.mode} {(base / r.root).absolute()}" for r in rules if r.root != "*"))
