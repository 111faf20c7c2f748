"""A component's values as JSON, counted before anything is made of them: a few bytes can claim to be millions."""

from __future__ import annotations

import base64
import ctypes
import math
from collections.abc import Callable
from typing import Any

from lumosai_sandbox.engine.errors import ResultTooLargeError
from lumosai_sandbox.generic.lowering import OF, SIZE
from lumosai_sandbox.generic.schema import INTEGERS
from lumosai_sandbox.generic.types import Type

MAX_VALUES = 100_000
"""Values in one result, however small they are: this many take a fifth of a second."""


class Lifting:
    """Reads the values of one result. What it returns is no longer than *limit* bytes of JSON, nearly."""

    def __init__(self, limit: int) -> None:
        self._limit = self._room = limit
        self._values = MAX_VALUES

    def read(self, kind: Type, slot: Any) -> Any:
        """Return the value in *slot*, which stays as it is. Raises ResultTooLargeError."""
        if kind.kind in INTEGERS:
            return getattr(slot.of, kind.kind)
        return _READERS[kind.kind](self, kind, slot.of)

    def _spend(self, values: int, size: int) -> None:
        self._values -= values
        self._room -= size + 2 * values
        if self._room < 0:
            raise ResultTooLargeError(f"the result is larger than {self._limit} bytes")
        if self._values < 0:
            raise ResultTooLargeError(f"the result has more than {MAX_VALUES} values")

    def _text(self, name: Any) -> str:
        self._spend(0, name.size)
        return ctypes.string_at(name.data, name.size).decode() if name.size else ""

    def _payload(self, kind: Type | None, pointer: Any) -> Any:
        self._spend(1, 0)
        return None if kind is None else self.read(kind, pointer.contents)

    def _bool(self, _: Type, of: Any) -> bool:
        return bool(of.boolean)

    def _float(self, kind: Type, of: Any) -> float | str:
        number = float(getattr(of, kind.kind))
        if math.isfinite(number):
            return number
        return "NaN" if math.isnan(number) else ("Infinity" if number > 0 else "-Infinity")

    def _char(self, _: Type, of: Any) -> str:
        return chr(of.character)

    def _string(self, _: Type, of: Any) -> str:
        return self._text(of.string)

    def _bytes(self, _: Type, of: Any) -> str:
        size = of.list.size
        self._spend(0, size * 4 // 3)
        data = ctypes.string_at(of.list.data, size * SIZE)[OF::SIZE] if size else b""
        return base64.b64encode(data).decode()

    def _list(self, kind: Type, of: Any) -> list[Any]:
        size, data, part = of.list.size, of.list.data, kind.part
        self._spend(size, 0)
        return [self.read(part, data[i]) for i in range(size)]

    def _tuple(self, kind: Type, of: Any) -> list[Any]:
        data = of.tuple.data
        self._spend(len(kind.parts), 0)
        return [self.read(p, data[i]) for i, p in enumerate(kind.parts) if p is not None]

    def _record(self, kind: Type, of: Any) -> dict[str, Any]:
        data = of.record.data
        self._spend(len(kind.names), sum(map(len, kind.names)))
        pairs = enumerate(zip(kind.names, kind.parts, strict=True))
        return {n: self.read(p, data[i].val) for i, (n, p) in pairs if p is not None}

    def _variant(self, kind: Type, of: Any) -> Any:
        name = self._text(of.variant.discriminant)
        part = kind.parts[kind.names.index(name)]
        return name if part is None else {name: self._payload(part, of.variant.val)}

    def _enum(self, _: Type, of: Any) -> str:
        return self._text(of.enumeration)

    def _option(self, kind: Type, of: Any) -> Any:
        if not of.option:
            return None
        value = self._payload(kind.part, of.option)
        return {"some": value} if kind.part.nullable else value

    def _result(self, kind: Type, of: Any) -> dict[str, Any]:
        side = 0 if of.result.is_ok else 1
        return {("ok", "err")[side]: self._payload(kind.parts[side], of.result.val)}

    def _flags(self, kind: Type, of: Any) -> list[str]:
        self._spend(of.flags.size, 0)
        found = {self._text(of.flags.data[i]) for i in range(of.flags.size)}
        return [n for n in kind.names if n in found]


_READERS: dict[str, Callable[[Lifting, Type, Any], Any]] = {
    "bool": Lifting._bool,
    "f32": Lifting._float,
    "f64": Lifting._float,
    "char": Lifting._char,
    "string": Lifting._string,
    "bytes": Lifting._bytes,
    "list": Lifting._list,
    "tuple": Lifting._tuple,
    "record": Lifting._record,
    "variant": Lifting._variant,
    "enum": Lifting._enum,
    "option": Lifting._option,
    "result": Lifting._result,
    "flags": Lifting._flags,
}
