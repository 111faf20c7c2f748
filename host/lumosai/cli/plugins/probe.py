"""Loads one plugin's contributions, in a process of its own: what it breaks or hangs is only this process.

Reads ``{record, settings, grant, base}`` from standard input, for a sandboxed plugin ``{sandbox, plugin, deep}`` too;
writes what it found, as JSON, to standard output.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from lumosai.plugins.generation import Generation
from lumosai.plugins.hooks import Hooks
from lumosai.plugins.index import is_delivered
from lumosai.plugins.listing import contributions
from lumosai.plugins.settings import absolute_files, plugin_grant, plugin_settings
from lumosai.validation import Validator
from lumosai_sdk.errors import ConfigError, InputError, LumosError, MissingExtraError
from lumosai_sdk.kinds import ChatProvider, EmbeddingProvider
from lumosai_sdk.permissions import Permissions
from lumosai_sdk.types.plugins import PluginContext

_NEEDED = {"chat": ChatProvider, "embedding": EmbeddingProvider}


async def probe(asked: dict[str, Any], data: Path) -> list[dict[str, str]]:
    """Return what is wrong with a plugin: ``{what, why, hint, code}`` each."""
    record, base = asked["record"], Path(asked["base"])
    try:
        grant = plugin_grant(record, Permissions.from_json(asked["grant"]))
        context = PluginContext(
            name=record["name"],
            version=record["version"],
            settings=plugin_settings(record, asked["settings"], base),
            permissions=absolute_files(grant.effective, base),
            data_dir=data,
            root=Path(record["root"]),
        )
    except LumosError as e:
        return [_problem("settings", e)]
    generation = Generation(record, context, lambda *_: None)
    found = [p for kind, c in contributions(record) for p in _load(generation, kind, c)]
    if record["runtime"] == "wasm":
        found += await _component(record, asked, base)
    if record.get("hooks"):
        found += _hooks(generation)
    await generation.retire(drain=0.0)
    return found


async def _component(record: dict[str, Any], asked: dict[str, Any], base: Path) -> list[dict[str, str]]:
    from lumosai.cli.plugins.sandboxed import examine
    from lumosai.config.model import PluginConfig, SandboxConfig
    from lumosai.plugins.sandboxing import sandbox_policy

    policy = sandbox_policy(
        SandboxConfig(**asked["sandbox"]), PluginConfig(**asked["plugin"]), base, delivered=is_delivered(record)
    )
    try:
        await examine(record, policy, deep=asked["deep"])
    except LumosError as e:
        return [_problem("component", e)]
    return []


def _load(generation: Generation, kind: str, contribution: dict[str, Any]) -> list[dict[str, str]]:
    what = f"{kind} {contribution['id']}"
    try:
        obj = generation.obj(kind, contribution)
        _check_schemas(contribution)
        _check_capabilities(kind, obj, contribution)
    except LumosError as e:
        return [_problem(what, e)]
    return []


def _check_schemas(contribution: dict[str, Any]) -> None:
    for key in ("input_schema", "output_schema"):
        if contribution.get(key) is not None:
            try:
                Validator(contribution[key])
            except InputError as e:
                raise InputError(f"{key}: {e.message}") from None


def _check_capabilities(kind: str, obj: Any, contribution: dict[str, Any]) -> None:
    for capability in contribution.get("capabilities", ()) if kind == "provider" else ():
        needed = _NEEDED.get(capability)
        if needed is not None and not isinstance(obj, needed):
            raise InputError(f"declares {capability!r}, but does not meet lumosai_sdk.kinds.{needed.__name__}")


def _hooks(generation: Generation) -> list[dict[str, str]]:
    try:
        Hooks(lambda *_: None).register(generation)
    except LumosError as e:
        return [_problem("hooks", e)]
    return []


def _problem(what: str, error: LumosError) -> dict[str, str]:
    # What a factory said is wrapped in the error of the contribution that it did not make.
    said = next((e for e in (error, error.__cause__) if isinstance(e, (MissingExtraError, ConfigError))), None)
    hint = error.hint or (said.hint if said else None) or ""
    kind = said.code if said else error.code
    return {"what": what, "why": getattr(error, "why", error.message), "hint": hint, "code": kind}


def main() -> None:
    """Answer what standard input asks. What the plugin prints goes to standard error."""
    asked = json.loads(sys.stdin.read())
    answer = os.dup(1)
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory(prefix="lumos-doctor-") as data:
        found = asyncio.run(probe(asked, Path(data)))
    with os.fdopen(answer, "w", encoding="utf-8") as f:
        json.dump(found, f)


if __name__ == "__main__":
    main()
