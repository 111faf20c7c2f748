"""JSON values to a component's, in the C API's memory.

The stock converters look up types for each element (a megabyte of ``list<enum>`` holds the interpreter for 15 s) and
tell the cases of some variants by the Python type of their payload, where ``true`` passes for an integer. These know
the types beforehand, count before they make anything, and move ``list<u8>`` as one block.

What is written stays Python's memory, which the engine only reads. The way back is ``lumosai_sandbox.generic.lifting``.
"""

from __future__ import annotations

import base64
import ctypes
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from wasmtime import _bindings, _ffi

from lumosai_sandbox.generic.schema import INTEGERS, NOT_NUMBERS
from lumosai_sandbox.generic.types import Type
from lumosai_sdk.errors import InputError

MAX_ARGUMENTS = 32_768
"""Values in the arguments of one call."""
Value: Any = _bindings.wasmtime_component_val_t
SIZE = ctypes.sizeof(Value)
OF = Value.of.offset
_DIGITS = re.compile(r"-?[0-9]{1,20}")
_ENTRY: Any = _bindings.wasmtime_component_valrecord_entry
_NAME: Any = _bindings.wasm_name_t


class Lowering:
    """Writes JSON values where the engine reads them; what it wrote lives as long as this does."""

    def __init__(self) -> None:
        self._keep: list[Any] = []
        self._left = MAX_ARGUMENTS

    def arguments(self, names: tuple[str, ...], types: tuple[Type, ...], given: Mapping[str, Any]) -> Any:
        """Return the arguments as an array of values. Raises InputError, which names the place."""
        if unknown := set(given) - set(names):
            raise InputError(
                f"there is no argument {min(map(str, unknown))!r}; there are: {', '.join(names) or 'none'}"
            )
        slots = (Value * len(names))()
        for slot, name, kind in zip(slots, names, types, strict=True):
            self._field(kind, given, name, slot, "")
        return slots

    def write(self, kind: Type, value: Any, slot: Any, path: str) -> None:
        """Write *value* into *slot*. Raises InputError."""
        self._count(1)
        slot.kind = KINDS[kind.kind]
        if kind.kind in INTEGERS:
            setattr(slot.of, kind.kind, _integer(kind.kind, value, path))
        else:
            _WRITERS[kind.kind](self, kind, value, slot.of, path)

    def _count(self, n: int) -> None:
        self._left -= n
        if self._left < 0:
            raise InputError(f"the arguments have more than {MAX_ARGUMENTS} values")

    def _field(self, kind: Type, given: Mapping[str, Any], name: str, slot: Any, path: str) -> None:
        where = f"{path}.{name}" if path else name
        if name not in given and not kind.nullable:
            raise InputError(f"{where} is missing")
        self.write(kind, given.get(name), slot, where)

    def _text(self, text: str, path: str) -> Any:
        try:
            data = text.encode()
        except UnicodeEncodeError:
            raise InputError(f"{path} holds half a character (a lone surrogate)") from None
        return self._vector(_NAME, ctypes.create_string_buffer(data, len(data)) if data else None, len(data))

    def _vector(self, cls: Any, data: Any, size: int) -> Any:
        self._keep.append(data)
        field = dict(cls._fields_)["data"]
        return cls(size, ctypes.cast(data, field) if size else field())

    def _one(self, kind: Type | None, value: Any, path: str) -> Any:
        """Return a pointer to a value, or to nothing."""
        if kind is None:
            _want(value is None, path, "null", value)
            return None
        slot = Value()
        self.write(kind, value, slot, path)
        self._keep.append(slot)
        return ctypes.pointer(slot)

    def _bool(self, _: Type, value: Any, of: Any, path: str) -> None:
        _want(isinstance(value, bool), path, "true or false", value)
        of.boolean = value

    def _float(self, kind: Type, value: Any, of: Any, path: str) -> None:
        if value in NOT_NUMBERS and isinstance(value, str):
            value = float(value)
        _want(isinstance(value, int | float) and not isinstance(value, bool), path, "a number", value)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        setattr(of, kind.kind, number)
        if math.isinf(getattr(of, kind.kind)) and value not in {math.inf, -math.inf}:
            raise InputError(f"{path}: a number too large for {kind.kind}")

    def _char(self, _: Type, value: Any, of: Any, path: str) -> None:
        _want(isinstance(value, str) and len(value) == 1, path, "a single character", value)
        self._text(value, path)
        of.character = ord(value)

    def _string(self, _: Type, value: Any, of: Any, path: str) -> None:
        _want(isinstance(value, str), path, "a string", value)
        of.string = self._text(value, path)

    def _bytes(self, _: Type, value: Any, of: Any, path: str) -> None:
        _want(isinstance(value, str), path, "a string of base64", value)
        try:
            data = base64.b64decode(value, validate=True)
        except ValueError:
            raise InputError(f"{path} is not base64") from None
        raw = bytearray(len(data) * SIZE)
        raw[::SIZE] = bytes([KINDS["u8"]]) * len(data)
        raw[OF::SIZE] = data
        of.list = self._vector(
            _bindings.wasmtime_component_vallist_t, (ctypes.c_char * len(raw)).from_buffer(raw), len(data)
        )

    def _list(self, kind: Type, value: Any, of: Any, path: str) -> None:
        _want(isinstance(value, list), path, "an array", value)
        of.list = self._elements(_bindings.wasmtime_component_vallist_t, (kind.part,) * len(value), value, path)

    def _tuple(self, kind: Type, value: Any, of: Any, path: str) -> None:
        fits = isinstance(value, list) and len(value) == len(kind.parts)
        _want(fits, path, f"an array of {len(kind.parts)}", value)
        of.tuple = self._elements(_bindings.wasmtime_component_valtuple_t, kind.parts, value, path)

    def _elements(self, cls: Any, parts: tuple[Type | None, ...], value: Any, path: str) -> Any:
        self._count(len(value))
        slots = (Value * len(value))()
        for i, part in enumerate(parts):
            assert part is not None  # noqa: S101 - only payloads may be missing
            self.write(part, value[i], slots[i], f"{path}[{i}]")
        return self._vector(cls, slots, len(value))

    def _record(self, kind: Type, value: Any, of: Any, path: str) -> None:
        _want(isinstance(value, dict), path, "an object", value)
        if unknown := set(value) - set(kind.names):
            raise InputError(f"{path} has no field {min(unknown)!r}; there are: {', '.join(kind.names)}")
        entries = (_ENTRY * len(kind.names))()
        for entry, name, part in zip(entries, kind.names, kind.parts, strict=True):
            assert part is not None  # noqa: S101 - only payloads may be missing
            entry.name = self._text(name, path)
            self._field(part, value, name, entry.val, path)
        of.record = self._vector(_bindings.wasmtime_component_valrecord_t, entries, len(entries))

    def _variant(self, kind: Type, value: Any, of: Any, path: str) -> None:
        cases = dict(zip(kind.names, kind.parts, strict=True))
        name, payload = (value, None) if isinstance(value, str) else _only(value, path, "a case")
        if name not in cases or (isinstance(value, str) and cases[name] is not None):
            raise InputError(f"{path}: expected {_cases(cases)}, not {_shown(value)}")
        of.variant.discriminant = self._text(name, path)
        of.variant.val = self._one(cases[name], payload, f"{path}.{name}")

    def _enum(self, kind: Type, value: Any, of: Any, path: str) -> None:
        _want(isinstance(value, str) and value in kind.names, path, f"one of {', '.join(kind.names)}", value)
        of.enumeration = self._text(value, path)

    def _option(self, kind: Type, value: Any, of: Any, path: str) -> None:
        if value is not None and kind.part.nullable:
            name, value = _only(value, path, "some")
            _want(name == "some", path, '{"some": …} or null', name)
            of.option = self._one(kind.part, value, f"{path}.some")
        else:
            of.option = None if value is None else self._one(kind.part, value, path)

    def _result(self, kind: Type, value: Any, of: Any, path: str) -> None:
        name, payload = _only(value, path, "ok or err")
        _want(name in {"ok", "err"}, path, '{"ok": …} or {"err": …}', name)
        of.result.is_ok = name == "ok"
        of.result.val = self._one(kind.parts[name == "err"], payload, f"{path}.{name}")

    def _flags(self, kind: Type, value: Any, of: Any, path: str) -> None:
        fits = isinstance(value, list) and all(isinstance(v, str) and v in kind.names for v in value)
        _want(fits, path, f"an array of {', '.join(kind.names)}", value)
        chosen = [n for n in kind.names if n in value]
        names = (_NAME * len(chosen))(*(self._text(n, path) for n in chosen))
        of.flags = self._vector(_bindings.wasmtime_component_valflags_t, names, len(chosen))


_WRITERS: dict[str, Callable[[Lowering, Type, Any, Any, str], None]] = {
    "bool": Lowering._bool,
    "f32": Lowering._float,
    "f64": Lowering._float,
    "char": Lowering._char,
    "string": Lowering._string,
    "bytes": Lowering._bytes,
    "list": Lowering._list,
    "tuple": Lowering._tuple,
    "record": Lowering._record,
    "variant": Lowering._variant,
    "enum": Lowering._enum,
    "option": Lowering._option,
    "result": Lowering._result,
    "flags": Lowering._flags,
}


KINDS: dict[str, int] = {
    kind: getattr(_ffi, f"WASMTIME_COMPONENT_{'LIST' if kind == 'bytes' else kind.upper()}").value
    for kind in (*INTEGERS, *_WRITERS)
}


def _integer(kind: str, value: Any, path: str) -> int:
    low, high = INTEGERS[kind]
    if (isinstance(value, float) and value.is_integer()) or (
        isinstance(value, str) and kind.endswith("64") and _DIGITS.fullmatch(value)
    ):
        value = int(value)
    fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    _want(fits, path, f"an integer from {low} to {high}", value)
    return int(value)


def _want(fits: bool, path: str, what: str, value: Any) -> None:  # noqa: FBT001 - what is wanted
    if not fits:
        raise InputError(f"{path}: expected {what}, not {_shown(value)}")


def _only(value: Any, path: str, what: str) -> tuple[str, Any]:
    _want(isinstance(value, dict) and len(value) == 1, path, f"an object whose only key is {what}", value)
    ((name, payload),) = value.items()
    return name, payload


def _cases(cases: Mapping[str, Type | None]) -> str:
    return ", ".join(f'"{n}"' if p is None else f'{{"{n}": …}}' for n, p in cases.items())


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else f"an array of {len(value)}"
    return json.dumps(value[:80] if isinstance(value, str) else value)[:80]
