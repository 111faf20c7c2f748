"""JSON to a component's values and back."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import base64
import math
import struct
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sandbox.generic.components import echoing, load

from lumosai_sandbox.generic.lowering import MAX_ARGUMENTS
from lumosai_sandbox.generic.schema import INTEGERS, schema
from lumosai_sandbox.generic.types import Type
from lumosai_sdk.errors import InputError

NAMES = ("a", "b-c", "null", "x2", "class", "some")
SCALARS = [Type(k) for k in (*INTEGERS, "bool", "f32", "f64", "char", "string", "bytes")]


def names(minimum: int = 1) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(NAMES), min_size=minimum, max_size=4, unique=True).map(tuple)


def fielded(part: st.SearchStrategy[Any], kind: str) -> st.SearchStrategy[Type]:
    def typed(chosen: tuple[str, ...]) -> st.SearchStrategy[Type]:
        size = len(chosen)
        return st.lists(part, min_size=size, max_size=size).map(lambda p: Type(kind, chosen, tuple(p)))

    return names().flatmap(typed)


def compound(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    maybe = st.none() | inner
    return st.one_of(
        # list<u8> has a kind of its own.
        inner.filter(lambda t: t.kind != "u8").map(lambda t: Type("list", parts=(t,))),
        inner.map(lambda t: Type("option", parts=(t,))),
        st.lists(inner, min_size=1, max_size=3).map(lambda p: Type("tuple", parts=tuple(p))),
        st.tuples(maybe, maybe).map(lambda p: Type("result", parts=p)),
        names().map(lambda n: Type("enum", n)),
        names().map(lambda n: Type("flags", n)),
        fielded(inner, "record"),
        fielded(maybe, "variant"),
    )


TYPES = st.recursive(st.sampled_from(SCALARS), compound, max_leaves=6)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "char": st.characters(codec="utf-8"),
    "string": st.text(st.characters(codec="utf-8"), max_size=12),
    "bytes": st.binary(max_size=40).map(lambda b: base64.b64encode(b).decode()),
    "f64": st.floats(allow_nan=False).map(lambda f: f if math.isfinite(f) else ("Infinity" if f > 0 else "-Infinity")),
    "f32": st.floats(width=32, allow_nan=False, allow_infinity=False) | st.just("NaN"),
}


def values(kind: Type | None) -> st.SearchStrategy[Any]:
    if kind is None:
        return st.none()
    if kind.kind in INTEGERS:
        return st.integers(*INTEGERS[kind.kind])
    if kind.kind in PLAIN:
        return PLAIN[kind.kind]
    return compound_values(kind, [values(p) for p in kind.parts])


def compound_values(kind: Type, parts: list[st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    known: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "list": lambda: st.lists(parts[0], max_size=3),
        "tuple": lambda: st.tuples(*parts).map(list),
        "option": lambda: st.none() | (tagged("some", parts[0]) if kind.part.kind == "option" else parts[0]),
        "enum": lambda: st.sampled_from(kind.names),
        "flags": lambda: st.sets(st.sampled_from(kind.names)).map(lambda s: [n for n in kind.names if n in s]),
        "record": lambda: st.fixed_dictionaries(dict(zip(kind.names, parts, strict=True))),
        "variant": lambda: st.one_of(
            [st.just(n) if t is None else tagged(n, v) for n, t, v in zip(kind.names, kind.parts, parts, strict=True)]
        ),
        "result": lambda: st.one_of(tagged("ok", parts[0]), tagged("err", parts[1])),
    }
    return known[kind.kind]()


def tagged(name: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return value.map(lambda v: {name: v})


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_goes_in_comes_out_and_fits_its_schemas(data: st.DataObject) -> None:
    kind = data.draw(TYPES)
    guest = load(echoing(kind))
    for _ in range(4):
        value: Any = data.draw(st.lists(values(kind), max_size=4))
        if kind.kind == "u8":
            value = base64.b64encode(bytes(value)).decode()
        out = guest.call("echo", {"l": value})
        assert out == value
        listed = Type("bytes") if kind.kind == "u8" else Type("list", parts=(kind,))
        jsonschema_rs.validate(schema(listed, out=True), out)


def echo(kind: Type, *given: Any) -> Any:
    return load(echoing(kind)).call("echo", {"l": list(given)})


@pytest.mark.parametrize(
    ("kind", "value", "out"),
    [
        ("u64", "18446744073709551615", 2**64 - 1),
        ("s64", "-9223372036854775808", -(2**63)),
        ("s8", 3.0, 3),
        ("f64", 3, 3.0),
        ("f32", 0.1, struct.unpack("f", struct.pack("f", 0.1))[0]),
        ("f64", "-Infinity", "-Infinity"),
        ("f64", "NaN", "NaN"),
        ("char", "😀", "😀"),
    ],
)
def test_what_json_writers_do_to_numbers_is_understood(kind: str, value: Any, out: Any) -> None:
    assert echo(Type(kind), value) == [out]


POINT = Type("record", ("x", "y-axis"), (Type("s32"), Type("option", parts=(Type("bool"),))))
SHAPE = Type("variant", ("n", "flag", "none"), (Type("s32"), Type("bool"), None))


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Type("s8"), 128, "l[0]: expected an integer from -128 to 127, not 128"),
        (Type("s32"), True, "expected an integer"),
        (Type("u64"), "-1", "expected an integer"),
        (Type("u64"), "1" * 5000, "expected an integer"),
        (Type("u64"), "٣", "expected an integer"),
        (Type("u32"), "1", "expected an integer"),
        (Type("s32"), 1.5, "expected an integer"),
        (Type("s32"), 1e400, "expected an integer"),
        (Type("bool"), 1, "expected true or false"),
        (Type("f32"), 1e39, "too large for f32"),
        (Type("f64"), 10**400, "too large for f64"),
        (Type("f64"), True, "expected a number"),
        (Type("char"), "ab", "a single character"),
        (Type("char"), "\ud800", "half a character"),
        (Type("string"), "\udfff", "half a character"),
        (Type("string"), None, "expected a string, not null"),
        (Type("bytes"), "a$==", "not base64"),
        (Type("enum", ("a", "b")), "c", "one of a, b"),
        (Type("flags", ("a", "b")), ["a", "c"], "an array of a, b"),
        (Type("tuple", parts=(Type("s8"), Type("s8"))), [1], "an array of 2"),
        (POINT, {"y-axis": True}, "l[0].x is missing"),
        (POINT, {"x": 1, "z": 2}, "no field 'z'; there are: x, y-axis"),
        (POINT, [1, None], "expected an object"),
        (SHAPE, "n", 'expected {"n": …}, {"flag": …}, "none"'),
        (SHAPE, {"n": 1, "flag": True}, "whose only key is a case"),
        (SHAPE, {"none": 1}, "expected null"),
        (Type("result", parts=(None, Type("string"))), {"err": 1}, "l[0].err: expected a string"),
        (Type("result", parts=(None, None)), {"yes": None}, '{"ok": …} or {"err": …}'),
        (Type("option", parts=(Type("option", parts=(Type("u8"),)),)), 1, "whose only key is some"),
    ],
)
def test_what_does_not_fit_is_told_by_its_place(kind: Type, value: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        echo(kind, value)
    assert words in str(caught.value)


def test_the_cases_of_a_variant_are_told_by_name_not_by_what_their_payload_looks_like() -> None:
    assert echo(SHAPE, {"n": 1}, {"flag": True}, "none") == [{"n": 1}, {"flag": True}, "none"]


def test_an_optional_field_may_be_left_out() -> None:
    assert echo(POINT, {"x": 1}) == [{"x": 1, "y-axis": None}]


def test_more_arguments_than_anybody_needs_are_refused() -> None:
    assert len(echo(Type("bool"), *[True] * 1_000)) == 1_000
    with pytest.raises(InputError, match="more than"):
        echo(Type("bool"), *[True] * (MAX_ARGUMENTS + 1))
