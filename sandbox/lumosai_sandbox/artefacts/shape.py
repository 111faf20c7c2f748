"""What a component imports and exports, as the compiling child saw it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

MAX_JSON = 4 * 1024 * 1024
"""Bytes of a shape as JSON."""


@dataclass(frozen=True, slots=True)
class Function:
    """An exported function of plain values. ``parameters`` are the names of its arguments, in order."""

    name: str
    interface: str | None
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    parameters: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """How it is called: ``name``, or ``interface#name``."""
        return self.name if self.interface is None else f"{self.interface}#{self.name}"


@dataclass(frozen=True, slots=True)
class Shape:
    """A component from outside. Names are full ones, ``lumos:plugin/kv@1.0.0``.

    ``ours``: it exports interfaces of the contract (its code is for ``shared()``, all other code for
    ``shared(generic=True)``); ``wasi``: it imports WASI; ``functions`` are the exported ones of
    plain values outside of the contract, ``skipped`` the others with the reason; ``unmet`` is what it imports and no
    host offers: a component with any of it does not run.
    """

    imports: tuple[str, ...]
    exports: tuple[str, ...]
    ours: bool
    wasi: bool
    functions: tuple[Function, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    unmet: tuple[str, ...] = ()

    def dump(self) -> bytes:
        """Return it as JSON."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def load(cls, data: bytes) -> Self:
        """Read what ``dump`` wrote. Raises ValueError for anything else."""
        try:
            found = json.loads(data) if len(data) <= MAX_JSON else None
        except RecursionError:
            found = None
        if not isinstance(found, dict) or set(found) != {f.name for f in fields(cls)}:
            raise ValueError("not a shape")
        return cls(
            imports=_names(found["imports"]),
            exports=_names(found["exports"]),
            ours=found["ours"] is True,
            wasi=found["wasi"] is True,
            functions=tuple(_function(f) for f in _list(found["functions"])),
            skipped=tuple((name, why) for name, why in map(_names, _list(found["skipped"]))),
            unmet=_names(found["unmet"]),
        )


def _function(found: Any) -> Function:
    if not isinstance(found, dict) or set(found) != {f.name for f in fields(Function)}:
        raise ValueError("not a function")
    name, interface = found["name"], found["interface"]
    schemas = found["input_schema"], found["output_schema"]
    if not isinstance(name, str) or not isinstance(interface, str | None) or not all(type(s) is dict for s in schemas):
        raise ValueError("not a function")
    return Function(name, interface, *schemas, parameters=_names(found["parameters"]))


def _list(found: Any) -> list[Any]:
    if isinstance(found, list):
        return found
    raise ValueError("not a list")


def _names(found: Any) -> tuple[str, ...]:
    if not all(isinstance(n, str) for n in _list(found)):
        raise ValueError("not a list of names")
    return tuple(found)
