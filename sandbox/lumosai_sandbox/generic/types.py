"""The types of a component's functions as a small tree, read once from the engine's and bounded in size.

A type of a few bytes can stand for a million (tuples of tuples of tuples); what is larger than fits into a tool's
schema is refused before it is spelled out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wasmtime import component as wc

MAX_NODES = 1_000
"""Types, fields, cases and names of one function, counted together."""
MAX_DEPTH = 24
MAX_NAME = 200

_SCALARS: dict[type, str] = {
    wc.Bool: "bool",
    wc.S8: "s8",
    wc.U8: "u8",
    wc.S16: "s16",
    wc.U16: "u16",
    wc.S32: "s32",
    wc.U32: "u32",
    wc.S64: "s64",
    wc.U64: "u64",
    wc.F32: "f32",
    wc.F64: "f64",
    wc.Char: "char",
    wc.String: "string",
}
# What cannot be written as JSON: it is something in the instance, or something still to come.
_REFUSED: dict[type, str] = {
    wc.OwnType: "a resource",
    wc.BorrowType: "a resource",
    wc.StreamType: "a stream",
    wc.FutureType: "a future",
    wc.ErrorContext: "an error context",
}


class UnsupportedError(Exception):
    """A function that cannot be called with JSON; the text says why: ``it takes or returns a stream``."""


@dataclass(frozen=True, slots=True)
class Type:
    """A type: ``kind`` as WIT names it, ``bytes`` for ``list<u8>``.

    ``names`` are the fields, cases or flags; ``parts`` the types of fields, elements or payloads, None for no payload.
    """

    kind: str
    names: tuple[str, ...] = ()
    parts: tuple[Type | None, ...] = ()

    @property
    def part(self) -> Type:
        """The only part, of a list or an option."""
        (part,) = self.parts
        assert part is not None  # noqa: S101 - a list and an option have one
        return part

    @property
    def nullable(self) -> bool:
        """Whether ``null`` is a value of it."""
        return self.kind == "option"


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's parameters in order, and what it returns, None for nothing."""

    names: tuple[str, ...]
    types: tuple[Type, ...]
    result: Type | None


def signature(function: wc.FuncType) -> Signature:
    """Read a function's type. Raises UnsupportedError."""
    reader = _Reader()
    parameters = function.params
    reader.count(name for name, _ in parameters)
    types = tuple(reader.read(t) for _, t in parameters)
    result = function.result
    return Signature(tuple(n for n, _ in parameters), types, None if result is None else reader.read(result))


class _Reader:
    def __init__(self) -> None:
        self._left = MAX_NODES
        self._depth = 0

    def count(self, names: Any) -> tuple[str, ...]:
        out = tuple(names)
        self._left -= len(out)
        if self._left < 0 or any(len(n) > MAX_NAME for n in out):
            raise UnsupportedError("its types are too large")
        return out

    def read(self, given: wc.ValType) -> Type:
        """Return the tree of a type. Raises UnsupportedError."""
        self.count(("",))
        if kind := _SCALARS.get(type(given)):
            return Type(kind)
        if why := _REFUSED.get(type(given)):
            raise UnsupportedError(f"it takes or returns {why}")
        make = _COMPOUND.get(type(given))
        if make is None or self._depth >= MAX_DEPTH:
            raise UnsupportedError("its types are nested too deeply" if make else "it has a type not known here")
        self._depth += 1
        try:
            return make(self, given)
        finally:
            self._depth -= 1

    def maybe(self, given: wc.ValType | None) -> Type | None:
        return None if given is None else self.read(given)

    def _list(self, given: Any) -> Type:
        element = self.read(given.element)
        return Type("bytes") if element.kind == "u8" else Type("list", parts=(element,))

    def _record(self, given: Any) -> Type:
        fields = given.fields
        return Type("record", self.count(n for n, _ in fields), tuple(self.read(t) for _, t in fields))

    def _tuple(self, given: Any) -> Type:
        return Type("tuple", parts=tuple(self.read(t) for t in given.elements))

    def _variant(self, given: Any) -> Type:
        cases = given.cases
        return Type("variant", self.count(n for n, _ in cases), tuple(self.maybe(t) for _, t in cases))

    def _enum(self, given: Any) -> Type:
        return Type("enum", self.count(given.names))

    def _flags(self, given: Any) -> Type:
        return Type("flags", self.count(given.names))

    def _option(self, given: Any) -> Type:
        return Type("option", parts=(self.read(given.payload),))

    def _result(self, given: Any) -> Type:
        return Type("result", parts=(self.maybe(given.ok), self.maybe(given.err)))


_COMPOUND: dict[type, Callable[[_Reader, Any], Type]] = {
    wc.ListType: _Reader._list,
    wc.RecordType: _Reader._record,
    wc.TupleType: _Reader._tuple,
    wc.VariantType: _Reader._variant,
    wc.EnumType: _Reader._enum,
    wc.FlagsType: _Reader._flags,
    wc.OptionType: _Reader._option,
    wc.ResultType: _Reader._result,
}
