"""The seam to WebAssembly: how componentize-py finds the exports, and how the host's functions are reached.

Imported only inside of a component that is being built.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

from lumosai_sdk import wire
from lumosai_sdk.errors import LumosError, PermissionDeniedError
from lumosai_sdk.functions import run_plain_with
from lumosai_sdk.guest.drive import at_once
from lumosai_sdk.guest.exports import Exports, FailedError
from lumosai_sdk.guest.plan import Plan
from lumosai_sdk.guest.world import chance, close, install, lines
from lumosai_sdk.trace import Kept
from lumosai_sdk.wireerrors import decode_error

_STANDARD = ("_strptime", "base64", "difflib", "inspect", "traceback")
_LATE = (*_STANDARD, "lumosai_sdk.guest.describe", "lumosai_sdk.kinds.storage")
"""What the standard library and the SDK import only when it is needed, and a guest could not any more."""


def exported(plan: Plan, functions: dict[str, tuple[str, ...]]) -> dict[str, type]:
    """Return the classes that componentize-py asks for, ``Tool`` and the like; *functions* are those of each export.

    Imports all that the plugin may need. Raises ImportError for a target's module that is not there.
    """
    bridge = _Bridge(plan, import_module("componentize_py_types").Err)
    import_module("lumosai_sdk.host.bridge").install(bridge)
    run_plain_with(at_once)
    install(bridge.ask)
    _preload(plan)
    entry = _Entry(Exports(plan, bridge.ask, _sources(plan)), bridge, plan)
    gc.collect()  # what is here stays: a collection in a fresh guest would copy every page it looks at
    gc.freeze()
    return {
        "".join(p.title() for p in interface.split("-")): _class(interface, names, entry)
        for interface, names in functions.items()
    }


def _preload(plan: Plan) -> None:
    for ids in plan.contributes.values():
        for target in ids.values():
            import_module(target.partition(":")[0])
    for name in (*_LATE, *plan.preload):
        # What a function imports may be for another platform; whoever calls it is told.
        with suppress(ImportError):
            import_module(name)


def _sources(plan: Plan) -> Kept:
    """Return the plugin's own sources, for the log of what fails."""
    kept = Kept()
    for package in sorted(
        {t.partition(":")[0].partition(".")[0] for ids in plan.contributes.values() for t in ids.values()}
    ):
        kept.keep(dict(sys.modules), package)
    return kept


def _class(interface: str, names: tuple[str, ...], entry: _Entry) -> type:
    def method(name: str) -> Callable[..., str]:
        export = f"{interface}.{name}"
        return lambda _self, *texts: entry(export, *texts)

    return type(interface, (), {n.replace("-", "_"): method(n) for n in names})


class _Entry:
    """Where every call of the host's arrives."""

    def __init__(self, exports: Exports, bridge: _Bridge, plan: Plan) -> None:
        self._exports = exports
        self._bridge = bridge
        self._fresh = True
        self._seeded = "random" not in plan.imports
        if self._seeded:
            chance.refuse(bridge.denied("random.bytes"))

    def __call__(self, export: str, *texts: str) -> str:
        if self._fresh:
            self._begin(export)
        try:
            return self._exports.call(export, *texts)
        except FailedError as e:
            raise self._bridge.err(e.text) from None
        finally:
            if lines.PENDING:
                lines.flush()

    def _begin(self, export: str) -> None:
        close()
        if not self._seeded and export == "plugin.describe":
            return  # nobody is granted anything yet
        self._fresh = False
        if not self._seeded:
            chance.reseed()


class _Bridge:
    """Calls the host's functions; those that the manifest does not ask for are not there."""

    def __init__(self, plan: Plan, err: Any) -> None:
        self.err = err
        self._functions: dict[str, Callable[..., str]] = {}
        for interface in plan.imports:
            module = import_module(f"wit_world.imports.{interface}")
            for name in dir(module):
                if callable(found := getattr(module, name)) and found.__module__ == module.__name__:
                    self._functions[f"{interface}.{name.replace('_', '-')}"] = found

    def __call__(self, function: str, texts: tuple[str, ...]) -> str:
        found = self._functions.get(function)
        if found is None:
            raise self.denied(function)
        try:
            return found(*texts)
        except self.err as e:
            error = decode_error(_told(e.value))
        raise error

    @staticmethod
    def denied(function: str) -> PermissionDeniedError:
        """Return what a right is refused with that the manifest does not ask for."""
        return PermissionDeniedError(
            f"{function}: the plugin's manifest does not ask for that right",
            hint="ask for it in the [permissions] of lumos-plugin.toml, and build the plugin again",
        )

    def ask(self, function: str, *texts: str) -> Any:
        """Return the value of the host's answer. Raises LumosError."""
        return wire.loads(self(function, texts))


def _told(text: str) -> Any:
    try:
        return wire.loads(text)
    except LumosError:
        return text
