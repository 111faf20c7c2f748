"""JSON Schema from type hints, and the way back."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import GenericAlias
from typing import Annotated, Any, ClassVar, Literal, NotRequired, Required, TypedDict

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from lumosai_sdk.schema import (
    SchemaError,
    converter,
    function_signature,
    hoisted,
    parse_docstring,
    to_jsonable,
    type_schema,
)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


@dataclass
class Point:
    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list)


@dataclass
class Event:
    when: date
    where: Point
    colour: Colour = Colour.RED


class Trip(TypedDict):
    day: date
    stops: NotRequired[list[Point]]


class Options(TypedDict, total=False):
    must: Required[int]
    may: str


class Inner(BaseModel):
    n: int


class Outer(BaseModel):
    inner: Inner
    many: list[Inner] = []


@dataclass
class Node:
    next: Node | None = None


class Context:
    pass


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (type(None), {"type": "null"}),
        (bytes, {"type": "string", "contentEncoding": "base64"}),
        (datetime, {"type": "string", "format": "date-time"}),
        (date, {"type": "string", "format": "date"}),
        (Any, {}),
        (object, {}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal[1, "b"], {"enum": [1, "b"]}),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (list, {"type": "array"}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (Sequence[str], {"type": "array", "items": {"type": "string"}}),
        (set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
        (frozenset, {"type": "array", "uniqueItems": True}),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
        (
            tuple[int, str],
            {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2},
        ),
        (dict, {"type": "object"}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (Mapping[str, Any], {"type": "object", "additionalProperties": {}}),
        (Annotated[int, "How many"], {"type": "integer", "description": "How many"}),
        (Annotated[int, {"minimum": 1}, 7], {"type": "integer", "minimum": 1}),
        (list[Annotated[str, {"maxLength": 3}]], {"type": "array", "items": {"type": "string", "maxLength": 3}}),
        (
            dict[str, Annotated[int, {"minimum": 0}]],
            {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
        ),
        (Colour, {"type": "string", "enum": ["red", "blue"]}),
        (Size, {"type": "integer", "enum": [1, 2]}),
        (
            Point,
            {
                "type": "object",
                "properties": {
                    "x": {"type": "integer"},
                    "y": {"type": "integer"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["x"],
                "additionalProperties": False,
            },
        ),
    ],
)
def test_schemas(hint: Any, schema: dict[str, Any]) -> None:
    assert type_schema(hint) == schema


def test_a_typed_dict_requires_what_it_requires() -> None:
    schema = type_schema(Trip)
    assert schema["required"] == ["day"]
    assert set(schema["properties"]) == {"day", "stops"}
    assert type_schema(Options)["required"] == ["must"]


def test_a_class_variable_is_no_field() -> None:
    @dataclass
    class Shape:
        kind: ClassVar[str] = "shape"
        sides: int = 3

    assert list(type_schema(Shape)["properties"]) == ["sides"]


@pytest.mark.parametrize("hint", [Path, Callable[[], int], complex, 3, "str"])
def test_what_has_no_schema_is_said(hint: Any) -> None:
    with pytest.raises(SchemaError, match="has no JSON Schema"):
        type_schema(hint)


# --- functions


def test_a_function_tells_its_arguments() -> None:
    def f(city: str, days: int = 3, units: Literal["C", "F"] = "C", *, note: str | None = None) -> float:
        """Tell the weather.

        In more words.

        Args:
            city: The city,
                on two lines.
            days (int): How many days.

        Returns:
            The temperature.
        """
        return days

    signature = function_signature(f)
    assert signature.description == "Tell the weather. In more words."
    assert signature.input_schema == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "The city, on two lines."},
            "days": {"type": "integer", "description": "How many days.", "default": 3},
            "units": {"type": "string", "enum": ["C", "F"], "default": "C"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "additionalProperties": False,
        "required": ["city"],
    }
    assert signature.output_schema == {"type": "number"}
    assert (signature.context_parameter, signature.converters) == (None, {})


def test_the_context_is_not_an_argument() -> None:
    def f(a: int, where: Context) -> None: ...

    signature = function_signature(f, Context)
    assert (signature.context_parameter, list(signature.input_schema["properties"])) == ("where", ["a"])
    assert signature.output_schema is None


def test_an_annotation_wins_over_the_docstring() -> None:
    def f(a: Annotated[int, "From the hint"]) -> Any:
        """Do.

        Args:
            a: From the docstring.
        """

    assert function_signature(f).input_schema["properties"]["a"]["description"] == "From the hint"


def test_a_function_without_hints_takes_anything() -> None:
    def f(a, b=(1, 2)):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        return a, b

    signature = function_signature(f)
    assert signature.input_schema["properties"] == {"a": {}, "b": {}}
    assert signature.output_schema is None


def _variadic(*args: int) -> None: ...
def _keywords(**kwargs: int) -> None: ...
def _positional(a: int, /) -> None: ...
def _pathlike(a: Path) -> None: ...
def _recursive(a: Node) -> None: ...
def _no_type(a: [int]) -> None: ...  # type: ignore[valid-type, misc]


@pytest.mark.parametrize(
    ("fn", "says"),
    [
        (_variadic, "_variadic: parameter 'args' must be passable by name"),
        (_keywords, "_keywords: parameter 'kwargs'"),
        (_positional, "_positional: parameter 'a'"),
        (_pathlike, "_pathlike: parameter 'a': Path has no JSON Schema"),
        (_recursive, "_recursive: parameter 'a': its type contains itself"),
        (_no_type, "_no_type: parameter 'a'"),
    ],
)
def test_errors_name_function_and_parameter(fn: Callable[..., Any], says: str) -> None:
    with pytest.raises(SchemaError, match=says):
        function_signature(fn)


def test_a_hint_that_is_not_imported_is_named() -> None:
    def f(a: Missing) -> None: ...  # type: ignore[name-defined] # noqa: F821

    with pytest.raises(SchemaError, match=r"Missing.*TYPE_CHECKING"):
        function_signature(f)


def test_a_result_without_a_schema_has_none() -> None:
    def path() -> Path:
        return Path()

    def node() -> Node:
        return Node()

    assert function_signature(path).output_schema is None
    assert function_signature(node).output_schema is None


def test_definitions_of_models_are_found_from_the_root() -> None:
    def f(one: Outer, others: list[Outer]) -> list[Outer]:
        return [one, *others]

    signature = function_signature(f)
    for schema in (signature.input_schema, signature.output_schema):
        assert schema
        assert list(schema["$defs"]) == ["Inner"]
        assert json.dumps(schema).count("$defs") == json.dumps(schema).count('"$ref"') + 1
    validator = jsonschema_rs.validator_for(signature.input_schema)
    good = {"inner": {"n": 1}, "many": [{"n": 2}]}
    assert validator.is_valid({"one": good, "others": [good]})
    assert not validator.is_valid({"one": good, "others": [{"inner": {"n": "x"}}]})


def test_a_schema_without_definitions_stays_as_it_is() -> None:
    schema = {"type": "object", "properties": {"a": {"enum": [1, [2]]}}}
    assert hoisted(schema) == schema


# --- docstrings


@pytest.mark.parametrize(
    ("doc", "summary", "notes"),
    [
        ("", "", {}),
        ("One line.", "One line.", {}),
        ("Two\nlines.", "Two lines.", {}),
        ("Parse Args: as they come.", "Parse Args: as they come.", {}),
        ("Do.\n\nArgs:\n    a: First.\n    b_c (str): Second.\n", "Do.", {"a": "First.", "b_c": "Second."}),
        ("Do.\n\nReturns:\n    x: not a parameter\n", "Do.", {}),
        ("Do.\n\nArgs:\n    a: First.\n\nRaises:\n    ValueError: Never.\n", "Do.", {"a": "First."}),
        ("Do.\n\n:param a: First.\n:param str b: Second.\n:returns: x", "Do.", {"a": "First.", "b": "Second."}),
    ],
)
def test_docstrings(doc: str, summary: str, notes: dict[str, str]) -> None:
    def f() -> None: ...

    f.__doc__ = doc
    assert parse_docstring(f) == (summary, notes)


# --- from JSON and back


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (date, date(2026, 11, 22)),
        (datetime, datetime(2026, 11, 22, 12, 30, tzinfo=UTC)),
        (bytes, b"\x00\xff"),
        (Colour, Colour.BLUE),
        (Size, Size.LARGE),
        (set[int], {1, 2}),
        (frozenset[str], frozenset({"a"})),
        (set, {1}),
        (tuple, (1, "a")),
        (tuple[date, ...], (date(2026, 1, 1), date(2026, 1, 2))),
        (tuple[date, int, Colour], (date(2026, 1, 1), 3, Colour.RED)),
        (list[date], [date(2026, 1, 1)]),
        (Sequence[bytes], [b"a"]),
        (dict[str, date], {"a": date(2026, 1, 1)}),
        (Mapping[str, list[Colour]], {"a": [Colour.RED]}),
        (date | None, None),
        (date | None, date(2026, 1, 1)),
        (Annotated[date, "When"], date(2026, 1, 1)),
        (list[Annotated[date, {"description": "When"}]], [date(2026, 1, 1)]),
        (Point, Point(1, 2, ["a"])),
        (Event, Event(date(2026, 1, 1), Point(1), Colour.BLUE)),
        (list[Event], [Event(date(2026, 1, 1), Point(1))]),
        (Trip, {"day": date(2026, 1, 1), "stops": [Point(1)]}),
        (Outer, Outer(inner=Inner(n=1), many=[Inner(n=2)])),
    ],
)
def test_a_value_survives_the_way_there_and_back(hint: Any, value: Any) -> None:
    sent = json.loads(json.dumps(to_jsonable(value)))
    assert jsonschema_rs.validator_for(hoisted(type_schema(hint))).is_valid(sent)
    convert = converter(hint)
    assert convert is not None
    back = convert(sent)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("hint", [str, int, Any, list, list[int], dict, dict[str, int], Literal["a"], int | str, 3])
def test_what_json_has_itself_is_not_converted(hint: Any) -> None:
    assert converter(hint) is None


@pytest.mark.parametrize("value", [object(), 1j, Path(), [object()], {"a": {1: object()}}, Point])
def test_what_is_no_json_is_named(value: Any) -> None:
    with pytest.raises(TypeError, match="is not JSON"):
        to_jsonable(value)


def test_keys_become_text() -> None:
    assert to_jsonable({1: (2, Size.SMALL), None: Colour.RED}) == {"1": [2, 1], "None": "red"}


# --- properties

_LEAVES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (str, st.text(max_size=5)),
    (int, st.integers(-(2**53), 2**53)),
    (bool, st.booleans()),
    (float, st.floats(allow_nan=False, allow_infinity=False, width=32)),
    (bytes, st.binary(max_size=5)),
    (date, st.dates()),
    (datetime, st.datetimes(timezones=st.just(UTC))),
    (Colour, st.sampled_from(Colour)),
    (type(None), st.none()),
]
_Typed = st.SearchStrategy[tuple[Any, st.SearchStrategy[Any]]]


def _wider(inner: _Typed) -> _Typed:
    return st.one_of(
        inner.map(lambda t: (GenericAlias(list, (t[0],)), st.lists(t[1], max_size=3))),
        inner.map(lambda t: (GenericAlias(tuple, (t[0], ...)), st.lists(t[1], max_size=3).map(tuple))),
        inner.map(lambda t: (GenericAlias(dict, (str, t[0])), st.dictionaries(st.text(max_size=3), t[1], max_size=3))),
        inner.map(lambda t: (t[0] | None, st.none() | t[1])),
        st.tuples(inner, inner).map(lambda p: (GenericAlias(tuple, (p[0][0], p[1][0])), st.tuples(p[0][1], p[1][1]))),
    )


_typed = st.recursive(st.sampled_from(_LEAVES), _wider, max_leaves=4)


@settings(max_examples=200, deadline=None)
@given(_typed, st.data())
def test_any_value_of_any_type_survives(typed: tuple[Any, st.SearchStrategy[Any]], data: st.DataObject) -> None:
    hint, values = typed
    value = data.draw(values)
    sent = json.loads(json.dumps(to_jsonable(value)))
    assert jsonschema_rs.validator_for(type_schema(hint)).is_valid(sent)
    convert = converter(hint)
    assert (convert(sent) if convert else sent) == value
