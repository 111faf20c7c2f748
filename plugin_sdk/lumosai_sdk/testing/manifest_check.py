"""Does a manifest tell the truth about the code? What a host lists comes from the one, what it runs from the other."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from lumosai_sdk.decorators import MARK
from lumosai_sdk.kinds import PROTOCOLS
from lumosai_sdk.manifest import FILE_NAME, Contribution, Manifest, ToolContribution, load
from lumosai_sdk.types.plugins import PluginContext

_TOOL_FIELDS = ("id", "description", "input_schema", "output_schema", "approval", "timeout", "side_effects")


def manifest_of(package: str) -> Manifest:
    """Return the manifest of a package. Raises ManifestError, or ImportError when there is no such package."""
    module = import_module(package)
    return load(Path(next(iter(module.__path__))) / FILE_NAME)


def build(kind: str, contribution: Contribution, context: PluginContext) -> Any:
    """Return a contribution's object as a host would: classes, and factories of all but tools, are handed *context*."""
    module, _, name = contribution.target.partition(":")
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    factory: Any = found if isinstance(found, type) or (inspect.isfunction(found) and kind != "tool") else None
    return factory(context) if factory else found


def disagreements(package: str, settings: Mapping[str, Any] | None = None) -> list[str]:
    """Return what a plugin's manifest and code do not agree on, one line each; none is the aim.

    Every contribution is built with *settings* (None: the defaults of the manifest) and must meet its kind's Protocol;
    a tool must show itself just as the manifest shows it, its schemas included; a marked class must have the id; a
    processor must want the phases named; every hook named must be there.
    """
    manifest = manifest_of(package)
    context = PluginContext(manifest.name, manifest.version, _defaults(manifest) if settings is None else settings)
    lines: list[str] = []
    for kind, contributions in manifest.contributes:
        for contribution in contributions:
            found = _disagreements_of(kind, contribution, context)
            lines += [f"{kind} {contribution.id}: {line}" for line in found]
    return lines + _missing_hooks(manifest, package)


def _defaults(manifest: Manifest) -> dict[str, Any]:
    properties = (manifest.settings_schema or {}).get("properties", {})
    return {name: schema["default"] for name, schema in properties.items() if "default" in schema}


def _disagreements_of(kind: str, contribution: Contribution, context: PluginContext) -> list[str]:
    try:
        thing: Any = build(kind, contribution, context)
    except Exception as e:  # noqa: BLE001 - whatever it is, it is what the host would meet
        return [f"{contribution.target} cannot be built: {e!r}"]
    protocol: Any = PROTOCOLS[kind]
    if not isinstance(thing, protocol):
        return [f"{contribution.target} is a {type(thing).__name__}, which is no {kind}"]
    mark = getattr(thing, MARK, None)
    if mark is not None and mark.kind == kind and mark.id != contribution.id:
        return [f"id: the manifest has {contribution.id!r}, the code {mark.id!r}"]
    if isinstance(contribution, ToolContribution):
        return _tool(contribution, thing.spec)
    wanted = frozenset(getattr(contribution, "phases", ()))
    if wanted and wanted != thing.phases:
        return [f"phases: the manifest has {sorted(wanted)}, the code {sorted(thing.phases)}"]
    return []


def _tool(contribution: ToolContribution, spec: Any) -> list[str]:
    pairs = [(name, getattr(contribution, name), _without_nulls(getattr(spec, name))) for name in _TOOL_FIELDS]
    return [f"{name}: the manifest has {told!r}, the code {real!r}" for name, told, real in pairs if told != real]


def _without_nulls(value: Any) -> Any:
    """Leave out defaults of None: TOML has no null, and a default of nothing says nothing."""
    if isinstance(value, Mapping):
        return {k: _without_nulls(v) for k, v in value.items() if not (k == "default" and v is None)}
    return [_without_nulls(v) for v in value] if isinstance(value, list | tuple) else value


def _missing_hooks(manifest: Manifest, package: str) -> list[str]:
    if not manifest.hooks:
        return []
    name, _, factory = (manifest.hooks_module or f"{package}.hooks").partition(":")
    module = import_module(name)
    if factory and not callable(getattr(module, factory, None)):
        return [f"hooks_module: {name} has no function {factory}"]
    # What a factory returns is known only when it is called: one of the module's classes must have the hooks.
    holders = [module, *(v for v in vars(module).values() if isinstance(v, type))] if factory else [module]
    return [f"hook {h}: {name} does not have it" for h in manifest.hooks if not any(hasattr(v, h) for v in holders)]
