"""``lumos-plugin.toml``: every key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from generators.json_schema import rows
from generators.markdown import code, line, page, table, type_text
from lumosai_sandbox.limits import Limits
from lumosai_sdk import manifest
from lumosai_sdk.kinds import PROTOCOLS
from lumosai_sdk.manifest import Manifest
from lumosai_sdk.version import API_VERSION

if TYPE_CHECKING:
    from pydantic import BaseModel

HEAD = ("key", "type", "default", "what it is")
INTRO = """
`lumos-plugin.toml` stands beside the code of a plugin, in the package that the entry point names:

```toml title="pyproject.toml"
[project.entry-points."lumosai.plugins"]
weather = "lumosai_weather"
```

It is all a host knows of a plugin before it runs any of its code. The name of the entry point and the `name` in the
manifest must be the same. An unknown key is an error; the plugin is then listed as broken, with the file and the key.
"""
LIMITS_INTRO = """
What a [sandboxed](../explanation/sandbox.md) plugin needs, where that is not the default: sizes as `64MiB` (B to GiB),
times as `2s` (ms, s, min). What a manifest asks for is cut at `[sandbox.ceilings]`, and the owner's
`[plugins.<name>.limits]` goes before it. Plugins of the runtime `python` run in the host's process and are not held to
these.
"""
TOP: dict[str, str] = {
    "schema": "The version of this format.",
    "name": "The plugin's name. Every id it contributes is this name, or begins with it and a dot.",
    "version": "Its version (PEP 440).",
    "api": f'Versions of the SDK it works with, such as `">=1.0,<2"`; this host offers {API_VERSION}.',
    "runtime": "What runs it: `wasm` [in the sandbox](../explanation/sandbox.md).",
    "description": "A line for listings.",
    "homepage": "Where to read more.",
    "module": "The file that a runtime other than `python` loads: for `wasm` the component.",
    "state": "For the runtime `wasm`, which calls share an instance: `none`, each has a fresh one; those of a "
    "`session` (a thread, or a run without one), of a `tenant`, or all of the `plugin`.",
    "hooks": "The hooks it implements, by name. They must be exactly those in the module.",
    "hooks_module": "The module that holds them; default: `<package>.hooks`.",
    "permissions": "What it asks for: see [permissions](permissions.md).",
    "limits": "What it may use of the machine: see below.",
    "settings_schema": "JSON Schema of its `[plugins.<name>.settings]`. Defaults are filled in; a string with "
    '`format = "secret"` takes `env:NAME` or `file:path` and reaches the code as a `Secret`.',
    "contributes": "What it contributes: see below.",
}
EVERY: dict[str, str] = {
    "id": "The plugin's name, or that and a dot and more.",
    "target": "Where the code is: `module:attribute`; a function's name in a component that knows nothing of LumosAI.",
    "description": "A line for people; for a tool, what the model reads.",
}
KINDS: dict[str, dict[str, str]] = {
    "tool": {
        "input_schema": "JSON Schema of its arguments. Without it the code is loaded to derive it.",
        "output_schema": "JSON Schema of its result.",
        "approval": "`always`: every call waits for a person's leave.",
        "timeout": "Seconds a call may take; default: `[limits] tool_timeout`.",
        "side_effects": "Whether it changes something outside the run.",
    },
    "provider": {"capabilities": "What its models can do."},
    "processor": {"phases": "The points of a run it wants to see; default: as its code says."},
    "route": {
        "path": "The path below `/plugins/<plugin>`; `{name}` is a parameter.",
        "methods": "The methods it takes.",
        "asgi": "Whether it is an ASGI application that serves all below its path.",
    },
    "command": {"host": "Whether it runs in a started host, whose services its context has; then it is asynchronous."},
    "memory": {"tools": "Ids of tools that an agent with this memory has as well."},
    "panel": {"title": "What stands above it."},
}
# What each limit is, and its field among the defaults.
LIMITS: dict[str, tuple[str, str]] = {
    "memory": ("Memory of a call, the sum of all linear memories.", "memory"),
    "time": ("Time of a call by the clock, waiting for the host included.", "wall"),
    "cpu": ("Processor time of a call.", "cpu"),
    "fuel": ("Instructions of a call, where each must end alike; not counted unless this is set.", "fuel"),
    "arguments": ("Size of a call's arguments.", "arguments"),
    "result": ("Size of a call's result.", "result"),
    "log": ("Size of what a call writes to the log; the rest is left out.", "log"),
    "host_calls": ("Calls of the host within a call.", "host_calls"),
    "concurrency": ("Calls at a time; more wait for their turn.", "concurrency"),
    "memories": ("Linear memories, for components made of several modules.", "memories"),
    "tables": ("Tables, for components made of several modules.", "tables"),
    "instances": ("Core instances, for components made of several modules.", "instances"),
}
_SIZES = (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024))


def pages() -> dict[str, str]:
    """Return the page."""
    schema = Manifest.model_json_schema(by_alias=True)
    limits = schema["$defs"]["ResourceLimits"]
    return {
        "manifest.md": page(
            "Manifest",
            INTRO,
            table(HEAD, rows(schema, TOP)),
            "## `[limits]`",
            LIMITS_INTRO,
            table(HEAD, _limits(limits)),
            "## `[[contributes.<kind>]]`",
            "Every contribution has:",
            table(HEAD, rows(schema["$defs"]["Contribution"], EVERY)),
            *_kinds(schema),
        )
    }


def _limits(schema: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for key, kind, *_, _text in rows(schema, described_limits()):
        text, field = LIMITS[key.strip("`")]
        yield key, kind, _amount(key.strip("`"), getattr(Limits(), field)), text


def described_limits() -> dict[str, str]:
    """Return a line for each limit."""
    return {key: text for key, (text, _) in LIMITS.items()}


def _amount(key: str, value: float | None) -> str:
    """Return a default as it would be written."""
    if value is None:
        return ""
    if key in {"time", "cpu"}:
        return code(f'"{value:g}s"' if value >= 1 else f'"{value * 1000:g}ms"')
    if key in {"memory", "arguments", "result", "log"}:
        return code(next(f'"{value / size:g}{unit}"' for unit, size in _SIZES if value >= size))
    return code(value)


def _kinds(schema: dict[str, Any]) -> Iterator[str]:
    kinds = schema["$defs"]["Contributes"]["properties"]
    for kind, value in kinds.items():
        name = value["items"]["$ref"].rpartition("/")[2]
        definition = schema["$defs"][name]
        own = {**definition, "properties": {k: v for k, v in definition["properties"].items() if k not in EVERY}}
        protocol = PROTOCOLS[kind]
        yield f"### {code(kind)}"
        yield f"Meets [`{type_text(protocol)}`](sdk.md#{protocol.__name__.lower()}). {line(protocol.__doc__)}"
        if own["properties"]:
            yield table(HEAD, rows(own, KINDS[kind]))


def undescribed() -> list[str]:
    """Return the keys that no table above describes."""
    told = {**TOP, **EVERY, **LIMITS, **{k: v for kind in KINDS.values() for k, v in kind.items()}}
    models: list[type[BaseModel]] = [Manifest, manifest.ResourceLimits]
    models += [m for m in vars(manifest).values() if isinstance(m, type) and issubclass(m, manifest.Contribution)]
    fields = {f.alias or n for m in models for n, f in m.model_fields.items()}
    return sorted(fields - told.keys())
