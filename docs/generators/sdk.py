"""The public names of ``lumosai_sdk``, the kinds, and the test kit."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_origin

import lumosai_sdk
from generators.markdown import code, line, page, prose, table
from generators.python_source import Source, class_text, function_text
from lumosai_sdk import host, kinds
from lumosai_sdk.errors import LumosError
from lumosai_sdk.kinds import sansio
from lumosai_sdk.testing import conformance

INTRO = """
Everything an author of plugins needs is importable from `lumosai_sdk`. A plugin imports this package and nothing else
of LumosAI. Errors have [a page of their own](errors.md), and so have [events](events.md) and
[permissions](permissions.md).
"""
TESTING = """
`lumosai_sdk.testing` comes with the SDK, and its fixtures are there in every pytest run: see [test agents and
plugins](../how-to/testing.md).
"""
HOST = """
`from lumosai_sdk import host`: what a plugin may ask its host for, in the sandbox and natively. Each module is
[a right](permissions.md), but for `config`, `events` and `log`. The functions are plain, not `async`: a guest waits
where it asks, and natively they are called from plain functions, which the host runs in threads. Underneath is
[the contract](wit.md).

They raise `PermissionDeniedError` for what was not granted, `InputError` for what is malformed, `NotFoundError` or
`ConflictError` where that is the answer, and `FarError` (`kind`: `limit`, `timeout`, `unavailable`, `internal`) for the
rest.
"""
GROUPS: dict[str, str] = {
    "decorators": "Decorators",
    "hooks": "Hooks",
    "types.plugins": "What a plugin is handed",
    "types.tools": "Tools",
    "types.messages": "Messages",
    "types.models": "Models",
    "types.runs": "Runs",
    "types.processors": "Processors and steps",
    "types.http": "Routes",
    "types.panels": "Panels",
    "types.memory": "Memory",
    "types.vectors": "Vectors",
    "types.scores": "Scores",
    "types.auth": "Callers",
    "types.storage": "Storage",
    "types.events": "Events",
    "permissions": "Permissions",
    "secrets": "Secrets",
}
TEST_MODULES = ("scripted", "manifest_check")
FIXTURES = {"pytest_plugin": ("scripted_model", "lumos_host"), "runtimes": ("lumos_plugin_config", "lumos_plugin")}


def pages() -> dict[str, str]:
    """Return the page."""
    return {
        "sdk.md": page(
            "SDK",
            INTRO,
            f"`API_VERSION` is `{lumosai_sdk.API_VERSION!r}`: what a manifest's `api` is checked against.",
            *_groups(),
            "## Kinds",
            line(kinds.__doc__) + " They live in `lumosai_sdk.kinds`.",
            *(f"### {name}\n\n{class_text(Source.of(getattr(kinds, name)))}" for name in _protocols()),
            f"### SansIOProvider\n\n{line(sansio.__doc__)}\n\n{class_text(Source.of(sansio.SansIOProvider))}",
            "## The host, from a plugin",
            HOST,
            *_host(),
            "## Testing",
            TESTING,
            *_testing(),
        )
    }


def undocumented() -> list[str]:
    """Return public names that no group above holds."""
    return [n for n in lumosai_sdk.__all__ if _home(n) not in {*GROUPS, "errors", "version"}]


def _home(name: str) -> str:
    return lumosai_sdk._MODULES.get(name, "version")  # noqa: SLF001 - the one place that knows


def _groups() -> Iterator[str]:
    for module, title in GROUPS.items():
        yield f"## {title}"
        for name in sorted(n for n in lumosai_sdk.__all__ if _home(n) == module):
            yield f"### {name}"
            yield _thing(name, getattr(lumosai_sdk, name))


def _thing(name: str, thing: Any) -> str:
    if inspect.isclass(thing):
        return class_text(Source.of(thing))
    if inspect.isfunction(thing):
        return function_text(thing)
    if get_origin(thing) is not None:
        return "One of " + ", ".join(code(repr(v)) for v in get_args(thing)) + "."
    return _from_source(name)


def _from_source(name: str) -> str:
    """Return the string that follows ``name = …`` in its module."""
    body = ast.parse(inspect.getsource(import_module(f"lumosai_sdk.{_home(name)}"))).body
    for node, after in pairwise(body):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name and isinstance(after, ast.Expr):
            return prose(ast.literal_eval(after.value))
    raise LookupError(f"{name} has no docstring")


def _host() -> Iterator[str]:
    for name in host.__all__:
        module = import_module(f"{host.__name__}.{name}")
        yield f"### `host.{name}`"
        yield prose(module.__doc__)
        for thing in vars(module).values():
            if getattr(thing, "__module__", "") == module.__name__ and _is_code(thing) and thing.__name__[0] != "_":
                yield (
                    class_text(Source.of(thing), constructor=False) if inspect.isclass(thing) else function_text(thing)
                )


def _protocols() -> list[str]:
    return [n for n in kinds.__all__ if inspect.isclass(getattr(kinds, n))]


def _fixtures() -> Iterator[tuple[str, str]]:
    for module_name, names in FIXTURES.items():
        module = import_module(f"lumosai_sdk.testing.{module_name}")
        for name in names:
            fixture = getattr(module, name)
            yield code(name), line(inspect.getdoc(inspect.unwrap(getattr(fixture, "_fixture_function", fixture))))


def _testing() -> Iterator[str]:
    yield table(("fixture", ""), _fixtures())
    loaded = import_module("lumosai_sdk.testing.runtimes").LoadedPlugin
    yield "### `runtimes.LoadedPlugin`\n\nWhat `lumos_plugin` is."
    yield class_text(Source.of(loaded), constructor=False)
    for module_name in TEST_MODULES:
        module = import_module(f"lumosai_sdk.testing.{module_name}")
        for name, thing in vars(module).items():
            if getattr(thing, "__module__", "") == module.__name__ and not name.startswith("_") and _is_code(thing):
                yield f"### `{module_name}.{name}`"
                yield _thing(name, thing)
    yield "### Conformance"
    yield "Subclass one in a test module, override its fixtures, and its tests run against your implementation."
    yield from _conformance()


def _is_code(thing: Any) -> bool:
    return inspect.isclass(thing) or inspect.isfunction(thing)


def _conformance() -> Iterator[str]:
    for path in sorted(Path(str(conformance.__file__)).parent.glob("[a-z]*.py")):
        module = import_module(f"{conformance.__name__}.{path.stem}")
        for name, cls in vars(module).items():
            if inspect.isclass(cls) and name.endswith("Conformance") and cls.__module__ == module.__name__:
                yield f"#### `conformance.{path.stem}.{name}`"
                yield prose(cls.__doc__)
                yield table(("fixture or test", ""), _members(cls))


def _members(cls: type) -> Iterator[tuple[str, str]]:
    for name, member in vars(cls).items():
        doc = line(getattr(member, "__doc__", "") or "")
        if not name.startswith("_") and name != "pytestmark" and doc and not issubclass(cls, LumosError):
            yield code(name), doc
