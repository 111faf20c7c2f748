"""How the code of a contribution is brought to life, by the manifest's ``runtime``."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from lumosai.plugins.index import is_delivered
from lumosai_sdk.errors import MissingExtraError, PluginLoadError
from lumosai_sdk.functions import FunctionTool
from lumosai_sdk.kinds import PROTOCOLS
from lumosai_sdk.types.plugins import PluginContext

Runtime = Callable[[Mapping[str, Any], str, Mapping[str, Any], PluginContext], Any]


def python(record: Mapping[str, Any], kind: str, contribution: Mapping[str, Any], context: PluginContext) -> Any:
    """Import ``module:attribute`` and, if it is a class or factory, construct it with the plugin's context."""
    make_importable(record)
    module, _, attribute = contribution["target"].partition(":")
    if not attribute:
        raise PluginLoadError(context.name, contribution["id"], f"target {module!r} must read 'module:attribute'")
    value: Any = importlib.import_module(module)
    for part in attribute.split("."):
        value = getattr(value, part)
    if contribution.get("asgi"):
        return _application(value, context)
    return _instance(value, kind, context)


def make_importable(record: Mapping[str, Any]) -> None:
    """Put the folder of an uninstalled plugin on ``sys.path``; one of the store is imported from there.

    Raises PluginLoadError when another package of that name comes first: its code must not run as this plugin's.
    """
    if is_delivered(record):
        from lumosai.plugins.stored import make_stored_importable

        make_stored_importable(record)
        return
    folder = record.get("folder")
    if not folder:
        return
    if folder not in sys.path:
        sys.path.append(folder)
    package: str = record["package"]
    spec = importlib.machinery.PathFinder.find_spec(package)
    places = [*(spec.submodule_search_locations or ()), spec.origin or ""] if spec else []
    if os.path.join(folder, package) not in places:
        why = f"hidden by {places[0] if places else 'nothing'}"
        raise PluginLoadError(record["name"], f"package {package!r} in {folder}", why, hint="rename the package")


def _instance(value: Any, kind: str, context: PluginContext) -> Any:
    protocol = PROTOCOLS[kind]
    if isinstance(value, type):
        value = value(context)
    elif not isinstance(value, protocol) and inspect.isfunction(value):
        value = FunctionTool.of(value) if kind == "tool" else value(context)
    if not isinstance(value, protocol):
        raise TypeError(f"{type(value).__name__} is no {kind}: it does not meet lumosai_sdk.kinds.{protocol.__name__}")
    return value


def _application(value: Any, context: PluginContext) -> Any:
    """Return the ASGI application that a factory makes of the plugin's context."""
    made = value(context)
    if not callable(made):
        raise TypeError(f"{type(made).__name__} is no ASGI application")
    return made


def wasm(record: Mapping[str, Any], kind: str, contribution: Mapping[str, Any], context: PluginContext) -> Any:
    """Return an object that calls the plugin's component, which is read on the first call and not now.

    Raises MissingExtraError without the extra ``sandbox``.
    """
    if importlib.util.find_spec("wasmtime") is None:
        raise MissingExtraError(f"the sandboxed plugin {context.name!r}", "sandbox")
    from lumosai_sandbox.plugin import contributed

    return contributed(record, kind, contribution, context)


RUNTIMES: dict[str, Runtime] = {"python": python, "wasm": wasm}


def runtime(record: Mapping[str, Any]) -> Runtime:
    """Return the runtime a manifest names. Raises PluginLoadError when this host has none of that name."""
    name = record["runtime"]
    if name not in RUNTIMES:
        have = ", ".join(sorted(RUNTIMES))
        raise PluginLoadError(record["name"], f"runtime {name!r}", f"this host has the runtimes: {have}")
    return RUNTIMES[name]
