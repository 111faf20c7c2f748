"""The manifest, ``lumos-plugin.toml``: all a host knows of a plugin before it runs any of it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lumosai_sdk.errors import InputError, ManifestError
from lumosai_sdk.permissions import Permissions
from lumosai_sdk.types.models import Capability
from lumosai_sdk.types.processors import Phase
from lumosai_sdk.types.tools import Approval

FILE_NAME = "lumos-plugin.toml"
MAX_BYTES = 1024 * 1024
MAX_DOTS = 256
NAME = r"^[a-z][a-z0-9-]{0,63}$"
ID = r"^[a-z][a-z0-9-]{0,63}(\.[a-z0-9][a-z0-9_-]{0,63}){0,3}$"
MAX_PARAMETERS = 8
_PARAMETER = re.compile(r"\{\w+\}", re.ASCII)
_SIZE = re.compile(r"\d{1,6}\s*(?:B|KiB|MiB|GiB)")
_TIME = re.compile(r"\d{1,6}(?:\.\d{1,6})?\s*(?:ms|s|min)")

Text = Annotated[str, Field(max_length=4096)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Contribution(_Model):
    """What every contribution says: its id, its code (``module:attribute``, or an export's name), a line for people."""

    id: Annotated[str, Field(pattern=ID)]
    target: Annotated[str, Field(min_length=1, max_length=256)]
    description: Text = ""


class ToolContribution(Contribution):
    """A tool. Without ``input_schema`` the schema is derived from the code when it is first loaded."""

    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    approval: Approval = "never"
    timeout: Annotated[float, Field(gt=0, le=86_400)] | None = None
    side_effects: bool = False


class ProviderContribution(Contribution):
    """A provider of models and what its models can do."""

    capabilities: tuple[Capability, ...] = ("chat",)


class ProcessorContribution(Contribution):
    """A processor and the points of a run it wants to see (none named: as its code says)."""

    phases: tuple[Phase, ...] = ()


class RouteContribution(Contribution):
    """A route below ``/plugins/<plugin>``; ``{name}`` in the path is a parameter, of which there are at most eight.

    With ``asgi`` it is an ASGI application that serves all below its path.
    """

    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9_\-./{}]*$", max_length=256)]
    methods: tuple[Literal["GET", "POST", "PUT", "PATCH", "DELETE"], ...] = ("GET",)
    asgi: bool = False

    @field_validator("path")
    @classmethod
    def _path(cls, v: str) -> str:
        literals = _PARAMETER.split(v)
        if any("{" in part or "}" in part for part in literals):
            raise ValueError(f"{v!r}: a parameter is written as {{name}}")
        if len(literals) - 1 > MAX_PARAMETERS:
            raise ValueError(f"{v!r} has more than {MAX_PARAMETERS} parameters")
        if "" in literals[1:-1]:
            raise ValueError(f"{v!r}: nothing tells where one parameter ends and the next begins")
        return v


class CommandContribution(Contribution):
    """A command. With ``host`` it runs in a started host, whose services its context has, and is asynchronous."""

    host: bool = False


class MemoryContribution(Contribution):
    """A memory, and the tools that an agent with this memory has as well."""

    tools: Annotated[tuple[str, ...], Field(max_length=16)] = ()


class PanelContribution(Contribution):
    """A panel and its title."""

    title: Text = ""


class Contributes(_Model):
    """All contributions, by kind."""

    tool: tuple[ToolContribution, ...] = ()
    provider: tuple[ProviderContribution, ...] = ()
    storage: tuple[Contribution, ...] = ()
    monitor: tuple[Contribution, ...] = ()
    step: tuple[Contribution, ...] = ()
    processor: tuple[ProcessorContribution, ...] = ()
    route: tuple[RouteContribution, ...] = ()
    command: tuple[CommandContribution, ...] = ()
    panel: tuple[PanelContribution, ...] = ()
    auth: tuple[Contribution, ...] = ()
    memory: tuple[MemoryContribution, ...] = ()
    vectors: tuple[Contribution, ...] = ()
    scorer: tuple[Contribution, ...] = ()


Quantity = Annotated[int, Field(ge=1, le=1_000_000)]


class ResourceLimits(_Model):
    """What a sandboxed plugin may use. Sizes as ``64MiB`` (B to GiB), times as ``2s`` (ms, s, min).

    For each call ``time`` (wall clock), ``cpu``, ``fuel`` (instructions, where each run must end alike), ``memory``
    (the sum of all linear memories), ``arguments``, ``result``, ``log`` and ``host_calls``; ``concurrency`` in calls at
    a time; ``memories``, ``tables`` and ``instances`` for components that are made of several modules.
    """

    memory: str | None = None
    time: str | None = None
    cpu: str | None = None
    fuel: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    arguments: str | None = None
    result: str | None = None
    log: str | None = None
    host_calls: Quantity | None = None
    concurrency: Annotated[int, Field(ge=1, le=10_000)] | None = None
    memories: Annotated[int, Field(ge=1, le=64)] | None = None
    tables: Annotated[int, Field(ge=1, le=1_000)] | None = None
    instances: Annotated[int, Field(ge=1, le=1_000)] | None = None

    @field_validator("memory", "arguments", "result", "log")
    @classmethod
    def _size(cls, v: str | None) -> str | None:
        return _checked(v, _SIZE, "64MiB")

    @field_validator("time", "cpu")
    @classmethod
    def _time(cls, v: str | None) -> str | None:
        return _checked(v, _TIME, "2s")


class Manifest(_Model):
    """A whole manifest. ``hooks`` names the hooks implemented in ``hooks_module`` (default: ``<package>.hooks``).

    ``hooks_module`` as ``module:attr`` names a function or class that is called with the plugin's context and returns
    an object with the hooks, or None when the plugin wants none now.

    For the runtime ``wasm``, ``module`` is the component's file and ``state`` says which calls share an instance of it:
    none (each call gets a fresh one), those of a ``session`` (thread), of a ``tenant``, or all (``plugin``).
    """

    manifest_schema: Annotated[Literal[1], Field(alias="schema")]
    name: Annotated[str, Field(pattern=NAME)]
    version: str
    api: str
    runtime: Literal["python", "wasm"] = "python"
    description: Text = ""
    homepage: Text = ""
    module: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$")] | None = (
        None
    )
    state: Literal["none", "session", "tenant", "plugin"] = "none"
    hooks: tuple[str, ...] = ()
    hooks_module: str | None = None
    permissions: dict[str, Any] = Field(default_factory=dict)
    limits: ResourceLimits = ResourceLimits()
    settings_schema: dict[str, Any] | None = None
    contributes: Contributes = Contributes()

    @field_validator("version")
    @classmethod
    def _version(cls, v: str) -> str:
        try:
            return str(Version(v))
        except InvalidVersion:
            raise ValueError(f"{v!r} is not a version (PEP 440)") from None

    @field_validator("api")
    @classmethod
    def _api(cls, v: str) -> str:
        try:
            SpecifierSet(v)
        except InvalidSpecifier:
            raise ValueError(f'{v!r} is not a version specifier such as ">=1.0,<2"') from None
        return v

    @field_validator("permissions")
    @classmethod
    def _permissions(cls, v: dict[str, Any]) -> dict[str, Any]:
        try:
            return Permissions.from_json(v).to_json()
        except InputError as e:
            raise ValueError(e.message) from None

    @model_validator(mode="after")
    def _ids(self) -> Self:
        for kind, items in self.contributes:
            seen: set[str] = set()
            for c in items:
                if c.id != self.name and not c.id.startswith(f"{self.name}."):
                    raise ValueError(f"{kind} id {c.id!r} must be {self.name!r} or start with {self.name + '.'!r}")
                if c.id in seen:
                    raise ValueError(f"{kind} id {c.id!r} stands twice")
                seen.add(c.id)
        if self.runtime == "wasm" and not self.module:
            raise ValueError('runtime "wasm" needs module = "….wasm"')
        if self.runtime == "wasm" and (self.hooks or self.hooks_module):
            raise ValueError('hooks are Python that the host imports: a plugin of the runtime "wasm" has none')
        if self.runtime == "wasm" and any(r.asgi for r in self.contributes.route):
            raise ValueError('an ASGI application is Python that the host calls: the runtime "wasm" has none')
        if self.runtime == "wasm" and any("stream" in p.phases for p in self.contributes.processor):
            raise ValueError('a processor of the phase "stream" sees each token: the runtime "wasm" has none')
        return self


def load(path: Path) -> Manifest:
    """Read a manifest. Raises ManifestError naming plugin, file and key."""
    plugin = path.parent.name
    try:
        with path.open("rb") as f:
            raw = f.read(MAX_BYTES + 1)
    except OSError as e:
        raise ManifestError(plugin, str(path), e.strerror or "cannot be read") from None
    if len(raw) > MAX_BYTES:
        raise ManifestError(plugin, str(path), f"larger than {MAX_BYTES} bytes")
    return parse(raw, plugin, str(path))


def parse(raw: bytes, plugin: str, source: str) -> Manifest:
    """Read a manifest's text; *plugin* and *source* are for the error. Raises ManifestError naming the key."""
    try:
        text = raw.decode()
        _refuse_long_keys(text)
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as e:  # ValueError: not UTF-8, not TOML, or a number of too many digits
        raise ManifestError(plugin, source, f"not TOML: {e}") from None
    try:
        return Manifest.model_validate(data)
    except ValidationError as e:
        raise ManifestError(plugin, source, "; ".join(_lines(e))) from None


def _refuse_long_keys(text: str) -> None:
    """Raise ValueError for a line that could be a key of very many parts: tomllib takes minutes over one."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MAX_DOTS:
            raise ValueError(f"line {number} has more than {MAX_DOTS} dots in it; break it into several")


def _lines(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(p) for p in e['loc']) or 'manifest'}: {e['msg'].removeprefix('Value error, ')}"
        for e in error.errors(include_url=False, include_input=False)[:5]
    ]


def _checked(value: str | None, pattern: re.Pattern[str], example: str) -> str | None:
    if value is not None and not pattern.fullmatch(value):
        raise ValueError(f"{value!r} is no quantity; write it as {example!r}")
    return value
