"""The manifest of a built plugin: the author's, and what the code says of itself where the author says nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from lumosai_sdk.building import toml
from lumosai_sdk.building.project import Project
from lumosai_sdk.building.steps import BuildError
from lumosai_sdk.manifest import FILE_NAME, parse

MODULE = "plugin.wasm"
_MOST = 200
_KEYS: Mapping[str, frozenset[str]] = {
    "tool": frozenset({"description", "input_schema", "output_schema", "approval", "timeout", "side_effects"}),
    "processor": frozenset({"description", "phases"}),
    "provider": frozenset({"description", "capabilities"}),
}
_COMMON = frozenset({"description"})
_NEEDS: Mapping[str, Mapping[str, Any]] = {"python": {"memory": "256MiB"}, "js": {"memories": 3}}
"""What the runtime of a language takes, where that is more than the host's default."""


def merged(project: Project, described: Mapping[str, Any]) -> str:
    """Return the manifest's text for the component. *described* comes from the component and is not trusted.

    Raises BuildError for contributions of kinds that were not built, ManifestError for what makes no manifest.
    """
    data = tomllib.loads((project.home / FILE_NAME).read_text(encoding="utf-8"))
    contributes: dict[str, Any] = data.pop("contributes", {})
    said = described.get("contributes")
    for kind, items in (said if isinstance(said, Mapping) else {}).items():
        if kind not in project.kinds:
            raise BuildError(
                f"{project.manifest.name}: the code contributes a {kind}, and was not built for it",
                hint=f"pyproject.toml: [tool.lumos.build] kinds = {[*project.kinds, kind]}",
            )
        contributes[kind] = _together(kind, contributes.get(kind, []), _items(kind, items))
    for kind, items in contributes.items():
        for item in items:
            item["target"] = kind
    limits = {**_NEEDS.get(project.language, {}), **data.pop("limits", {})}
    out = {**data, "runtime": "wasm", "module": MODULE, **({"limits": limits} if limits else {})}
    out["contributes"] = _without_null(contributes)
    text = toml.dumps(out)
    parse(text.encode(), project.manifest.name, FILE_NAME)
    return text


def _items(kind: str, items: object) -> list[Mapping[str, Any]]:
    if not isinstance(items, list) or len(items) > _MOST or not all(isinstance(i, Mapping) for i in items):
        raise BuildError(f"plugin.describe: contributes.{kind} is no list of at most {_MOST} objects")
    return items


def _together(kind: str, ours: list[dict[str, Any]], theirs: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the author's contributions, completed, and then those that only the code knows of."""
    known = _KEYS.get(kind, _COMMON)
    said = {str(t.get("id")): {k: v for k, v in t.items() if k in known and v is not None} for t in theirs}
    out = [{"id": o["id"], **said.pop(o["id"], {}), **o} for o in ours]
    return out + [{"id": id_, **rest} for id_, rest in said.items()]


def _without_null(value: Any) -> Any:
    """Return JSON (schemas, mostly) without nulls, which TOML has not; schemas mean the same without them."""
    if isinstance(value, Mapping):
        return {k: _without_null(v) for k, v in _nullable(value).items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_null(v) for v in value if v is not None]
    return value


def _nullable(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema that names null among its values as one that says so by type."""
    if "const" in value and value["const"] is None:
        return {**{k: v for k, v in value.items() if k != "const"}, "type": "null"}
    options = value.get("enum")
    if not isinstance(options, list) or None not in options:
        return value
    rest = {k: v for k, v in value.items() if k not in {"enum", "type"}}
    return {**rest, "anyOf": [{"enum": [o for o in options if o is not None]}, {"type": "null"}]}
