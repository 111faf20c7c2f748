"""One component, opened by itself: no manifest is needed, and nothing but the rights that were handed in holds."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli.plugins.rights import flag_for
from lumosai_sandbox.capabilities import Capabilities
from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.kinds.base import refusal
from lumosai_sandbox.plugin import SandboxedPlugin
from lumosai_sdk import wire
from lumosai_sdk.errors import LumosError, ManifestError, PermissionDeniedError, PluginError, ToolError
from lumosai_sdk.manifest import FILE_NAME, load
from lumosai_sdk.types.auth import LOCAL
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.tools import ToolContext

if TYPE_CHECKING:
    from lumosai_sandbox.artefacts import Artefact, Shape
    from lumosai_sdk.manifest import Manifest

_NAME = re.compile(r"[^a-z0-9]+")
_MOST_DENIALS = 20


@dataclass(frozen=True, slots=True)
class Export:
    """What can be called: ``id`` as it is written, schemas as far as they are known."""

    id: str
    description: str = ""
    input_schema: Mapping[str, Any] | None = None
    output_schema: Mapping[str, Any] | None = None
    parameters: tuple[str, ...] = ()


@dataclass(slots=True)
class Denials:
    """What the component asked for in vain: ``{"function", "why", "flag"}``, each once."""

    found: list[dict[str, Any]] = field(default_factory=list)
    quiet: bool = False

    def note(self, function: str, texts: tuple[str, ...], error: LumosError) -> None:
        """Take note of a refusal."""
        entry = {"function": function, "why": error.message, "flag": flag_for(function, texts)}
        if not self.quiet and entry not in self.found and len(self.found) < _MOST_DENIALS:
            self.found.append(entry)


class _Watched(Capabilities):
    """The plugin's rights, and a note of what they did not reach to."""

    def __init__(self, context: PluginContext, denials: Denials) -> None:
        super().__init__(context)
        self._noted = denials

    async def __call__(self, function: str, texts: tuple[str, ...], caller: Caller) -> str:
        try:
            return await super().__call__(function, texts, caller)
        except PermissionDeniedError as e:
            self._noted.note(function, texts, e)
            raise


class _Plugin(SandboxedPlugin):
    def __init__(self, record: Mapping[str, Any], context: PluginContext, denials: Denials) -> None:
        super().__init__(record, context)
        self._noted = denials

    @property
    def host(self) -> Capabilities:
        if self._host is None:
            self._host = _Watched(self.context, self._noted)
        return self._host


class OpenGuest:
    """A component that can be called."""

    def __init__(self, plugin: SandboxedPlugin, artefact: Artefact, denials: Denials, declared: list[Export]) -> None:
        self._plugin = plugin
        self._declared = declared
        self._shape = artefact.shape
        self._denials = denials
        self._caller = Caller(LOCAL.tenant, LOCAL.id, chain=(plugin.name,), scopes=LOCAL.scopes)

    @property
    def denied(self) -> list[dict[str, Any]]:
        """What was asked for in vain so far."""
        return self._denials.found

    @property
    def tier(self) -> str:
        """Where it runs."""
        return self._plugin.decision.tier if self._plugin.decision else "not started"

    async def exports(self, wanted: str | None = None) -> list[Export]:
        """Return what can be called: the tools of its manifest, those it says it has, or its plain functions.

        One that says nothing of itself is believed to have *wanted* until it is called. Raises PluginError.
        """
        if not self._shape.ours:
            return exported(self._shape)
        return self._declared or await self._described() or ([Export(wanted)] if wanted else [])

    async def _described(self) -> list[Export]:
        try:
            self._denials.quiet = True
            said = wire.loads(await self._plugin.call("plugin.describe", caller=self._caller))
        except GuestError as e:
            raise PluginError(self._plugin.name, "plugin.describe", e.message) from None
        finally:
            self._denials.quiet = False
        tools = said.get("contributes", {}).get("tool", []) if isinstance(said, dict) else []
        return [_export(t) for t in tools if isinstance(t, dict) and isinstance(t.get("id"), str)]

    async def call(self, export: Export, arguments: Mapping[str, Any]) -> Any:
        """Return what a call returns. Raises ToolError, PermissionDeniedError, PluginError."""
        name = "tool.call" if self._shape.ours else export.id
        texts = [wire.dumps(arguments)]
        if self._shape.ours:
            texts = [export.id, *texts, wire.dumps(wire.encode_context(ToolContext()))]
        try:
            return json.loads(await self._plugin.call(name, *texts, caller=self._caller))
        except GuestError as e:
            if e.kind == "internal":
                raise PluginError(self._plugin.name, export.id, e.message, hint=e.hint) from None
            raise refusal(e) or ToolError(e.message, hint=e.hint) from None
        except (ValueError, RecursionError) as e:
            raise PluginError(self._plugin.name, export.id, f"what it returned is not JSON: {e}") from None


def _export(tool: dict[str, Any]) -> Export:
    given, result = tool.get("input_schema"), tool.get("output_schema")
    return Export(
        tool["id"],
        str(tool.get("description", "")),
        given if isinstance(given, dict) else None,
        result if isinstance(result, dict) else None,
    )


@asynccontextmanager
async def open_guest(path: Path, artefact: Artefact, context: PluginContext) -> AsyncIterator[OpenGuest]:
    """Yield the component in *path*, ready to be called under the rights of *context*. Raises PluginError."""
    denials = Denials()
    plugin = _Plugin(_record(path, artefact), context, denials)
    try:
        yield OpenGuest(plugin, artefact, denials, declared(path))
    finally:
        await plugin.aclose()


def _record(path: Path, artefact: Artefact) -> dict[str, Any]:
    """Return a manifest that asks for all the component imports: what holds are the rights of its context."""
    from lumosai_sandbox.fit import needed

    manifest = manifest_of(path)
    return {
        "name": name_of(path),
        "version": manifest.version if manifest else "0",
        "module": path.name,
        "state": manifest.state if manifest else "none",
        "limits": manifest.limits.model_dump(exclude_none=True) if manifest else {},
        "permissions": dict.fromkeys(needed(artefact.shape), True),
        "contributes": {},
    }


def name_of(path: Path) -> str:
    """Return a plugin's name for a component: its manifest's, or one made of the file's."""
    manifest = manifest_of(path)
    return manifest.name if manifest else _NAME.sub("-", path.stem.lower()).strip("-")[:64] or "component"


def exported(shape: Shape) -> list[Export]:
    """Return a component's plain functions."""
    return [Export(f.key, "", f.input_schema, f.output_schema, f.parameters) for f in shape.functions]


def declared(path: Path) -> list[Export]:
    """Return the tools of the manifest beside a component."""
    manifest = manifest_of(path)
    tools = manifest.contributes.tool if manifest else ()
    return [Export(t.id, t.description, t.input_schema, t.output_schema) for t in tools]


def manifest_of(path: Path) -> Manifest | None:
    """Return the manifest beside a component, if there is one and it is about it."""
    try:
        found = load(path.absolute().parent / FILE_NAME)
    except ManifestError:
        return None
    return found if found.module == path.name else None
