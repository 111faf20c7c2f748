"""JSON Schema (draft 2020-12) from type hints and docstrings, and the way back from JSON to typed arguments.

Pure standard library: the same code runs inside sandboxed guests. Types that bring their own ``model_json_schema`` and
``model_validate`` (pydantic models) are asked for them.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

Schema = dict[str, Any]
Convert = Callable[[Any], Any]

_QUALIFIERS: tuple[Any, ...] = (Required, NotRequired)
_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Any: {},
    object: {},
}


class SchemaError(TypeError):
    """A type hint has no JSON Schema; the message names the function and parameter."""


def type_schema(hint: Any) -> Schema:  # noqa: PLR0911 - one return a form of hint reads best
    """Return the JSON Schema of a type hint. Raises SchemaError."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _annotated(hint)
    if origin in _QUALIFIERS:
        return type_schema(get_args(hint)[0])
    if origin is None and hint in _PLAIN:
        return dict(_PLAIN[hint])
    if origin is Literal:
        return _enum(list(get_args(hint)))
    if origin in {Union, types.UnionType}:
        return {"anyOf": [type_schema(a) for a in get_args(hint)]}
    # Only a plain class is looked up: a hint with an Annotated[..., {...}] inside has no hash.
    if (origin or hint) in {list, tuple, set, frozenset, Sequence}:
        return _array(origin or hint, get_args(hint))
    if (origin or hint) in {dict, Mapping}:
        args = get_args(hint)
        return {"type": "object", "additionalProperties": type_schema(args[1])} if args else {"type": "object"}
    return _class(hint)


def _annotated(hint: Any) -> Schema:
    base, *notes = get_args(hint)
    out = type_schema(base)
    for note in notes:
        if isinstance(note, str):
            out["description"] = note
        elif isinstance(note, Mapping):
            out.update(note)
    return out


def _enum(values: list[Any]) -> Schema:
    kinds = {type(v) for v in values}
    base = type_schema(kinds.pop()) if len(kinds) == 1 else {}
    return {**base, "enum": values}


def _array(origin: Any, args: tuple[Any, ...]) -> Schema:
    if origin is tuple and args and args[-1] is not Ellipsis:
        items = [type_schema(a) for a in args]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    out: Schema = {"type": "array"}
    if args:
        out["items"] = type_schema(args[0])
    if origin in {set, frozenset}:
        out["uniqueItems"] = True
    return out


def _class(hint: Any) -> Schema:
    if not isinstance(hint, type):
        raise SchemaError(f"{hint!r} has no JSON Schema")
    if hasattr(hint, "model_json_schema"):
        return typing.cast("Schema", hint.model_json_schema())
    if issubclass(hint, enum.Enum):
        return _enum([m.value for m in hint])
    if dataclasses.is_dataclass(hint):
        return _object(hint, [f.name for f in dataclasses.fields(hint) if _has_no_default(f)])
    if typing.is_typeddict(hint):
        return _object(hint, _required_keys(hint))
    raise SchemaError(f"{hint.__name__} has no JSON Schema; use plain types, a dataclass, a TypedDict or an Enum")


def _has_no_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _required_keys(hint: type) -> list[str]:
    """Return the keys a TypedDict requires; itself it knows only of those whose hints are not strings."""
    known: frozenset[str] = getattr(hint, "__required_keys__", frozenset())
    origins = {name: get_origin(h) for name, h in _field_hints(hint).items()}
    return sorted(n for n, o in origins.items() if o is Required or (o is not NotRequired and n in known))


def _field_hints(hint: type) -> dict[str, Any]:
    """Return the hints of the fields of a dataclass or TypedDict."""
    hints = get_type_hints(hint, include_extras=True)
    return {f.name: hints[f.name] for f in dataclasses.fields(hint)} if dataclasses.is_dataclass(hint) else hints


def _object(hint: type, required: list[str]) -> Schema:
    out: Schema = {"type": "object", "properties": {k: type_schema(v) for k, v in _field_hints(hint).items()}}
    if required:
        out["required"] = required
    return {**out, "additionalProperties": False}


# --- functions


@dataclasses.dataclass(frozen=True, slots=True)
class Signature:
    """What a function tells of itself: summary, schemas, the parameter that wants the context, and converters."""

    description: str
    input_schema: Schema
    output_schema: Schema | None
    context_parameter: str | None
    converters: Mapping[str, Convert]


def function_signature(fn: Callable[..., Any], context_type: type | None = None) -> Signature:
    """Derive a function's schemas from its hints and docstring.

    A parameter hinted *context_type* is left out of the schema and named in the result. Raises SchemaError naming
    function and parameter.
    """
    summary, notes = parse_docstring(fn)
    hints = _hints(fn)
    properties: dict[str, Schema] = {}
    required: list[str] = []
    converters: dict[str, Convert] = {}
    context: str | None = None
    for name, parameter in inspect.signature(fn).parameters.items():
        hint = hints.get(name, Any)
        if context_type is not None and hint is context_type:
            context = name
            continue
        properties[name] = _parameter(fn, parameter, hint, notes.get(name))
        if parameter.default is inspect.Parameter.empty:
            required.append(name)
        if convert := converter(hint):
            converters[name] = convert
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    return Signature(summary, hoisted(schema), _output(hints.get("return", Any)), context, converters)


def hoisted(schema: Schema) -> Schema:
    """Return a schema with the ``$defs`` of its parts at its root, where their ``$ref``s look for them."""
    definitions: Schema = {}
    out = _without_definitions(schema, definitions)
    return {**out, "$defs": definitions} if definitions else out


def _without_definitions(value: Any, found: Schema) -> Any:
    if isinstance(value, list):
        return [_without_definitions(v, found) for v in value]
    if not isinstance(value, dict):
        return value
    inner = value.get("$defs", {})
    found.update({k: _without_definitions(v, found) for k, v in inner.items()})
    return {k: _without_definitions(v, found) for k, v in value.items() if k != "$defs"}


def _hints(fn: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(fn, include_extras=True)
    except NameError as e:
        raise SchemaError(f"{fn.__name__}: {e}; import it outside `if TYPE_CHECKING`") from None


def _parameter(fn: Callable[..., Any], parameter: inspect.Parameter, hint: Any, note: str | None) -> Schema:
    if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY}:
        raise SchemaError(f"{fn.__name__}: parameter {parameter.name!r} must be passable by name")
    try:
        out = type_schema(hint)
    except TypeError as e:
        raise SchemaError(f"{fn.__name__}: parameter {parameter.name!r}: {e}") from None
    except RecursionError:
        raise SchemaError(f"{fn.__name__}: parameter {parameter.name!r}: its type contains itself") from None
    if note:
        out.setdefault("description", note)
    if parameter.default is not inspect.Parameter.empty and _is_json(parameter.default):
        out["default"] = parameter.default
    return out


def _is_json(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _output(hint: Any) -> Schema | None:
    if any(hint is nothing for nothing in (Any, None, type(None), inspect.Signature.empty)):
        return None
    try:
        return hoisted(type_schema(hint))
    except (SchemaError, RecursionError):
        return None


def parse_docstring(fn: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Return a docstring's summary and its parameter notes (Google's ``Args:`` or Sphinx's ``:param``)."""
    doc = inspect.getdoc(fn) or ""
    doc = re.split(r"(?m)^(?:Returns|Raises|Yields|Examples?):\s*$", doc, maxsplit=1)[0]
    head, *tails = re.split(r"(?m)^Args:\s*$", doc, maxsplit=1)
    tail = "".join(tails)
    notes = {m[1]: " ".join(m[2].split()) for m in re.finditer(r":param (?:\w+ )?(\w+):((?:.|\n(?!\s*:))*)", head)}
    for m in re.finditer(r"(?m)^\s+(\w+)(?:\s*\([^)\n]*\))?:\s*((?:.*)(?:\n\s{8,}.*)*)", tail):
        notes[m[1]] = " ".join(m[2].split())
    summary = head.split(":param", 1)[0]
    return " ".join(summary.split()), notes


# --- from JSON


def converter(hint: Any) -> Convert | None:
    """Return what turns a JSON value into *hint*, or None where JSON's own types will do."""
    origin = get_origin(hint)
    if origin is Annotated or origin in _QUALIFIERS:
        return converter(get_args(hint)[0])
    if origin in {Union, types.UnionType}:
        return _union_converter(get_args(hint))
    if origin in {list, Sequence, set, frozenset, tuple}:
        return _array_converter(origin, get_args(hint))
    if origin in {dict, Mapping}:
        return _mapping_converter(get_args(hint)[1])
    if origin is not None or not isinstance(hint, type):
        return None
    return typing.cast("Convert", hint) if hint in {set, frozenset, tuple} else _class_converter(hint)


def _union_converter(args: tuple[Any, ...]) -> Convert | None:
    others = [a for a in args if a is not type(None)]
    inner = converter(others[0]) if len(others) == 1 else None
    return (lambda v: None if v is None else inner(v)) if inner else None


def _array_converter(origin: Any, args: tuple[Any, ...]) -> Convert | None:
    if origin is tuple and args and args[-1] is not Ellipsis:
        return _tuple_converter(args)
    inner = converter(args[0]) if args else None
    build: Any = list if origin is Sequence else origin
    if inner:
        return lambda v: build(inner(i) for i in v)
    return None if build is list else typing.cast("Convert", build)


def _tuple_converter(args: tuple[Any, ...]) -> Convert:
    parts = [converter(a) for a in args]
    return lambda v: tuple(c(x) if c else x for c, x in zip(parts, v, strict=True))


def _mapping_converter(values: Any) -> Convert | None:
    inner = converter(values)
    return (lambda v: {k: inner(x) for k, x in v.items()}) if inner else None


def _class_converter(hint: type) -> Convert | None:
    if hint in {datetime, date}:
        return typing.cast("Convert", getattr(hint, "fromisoformat"))  # noqa: B009 - unknown to type
    if hasattr(hint, "model_validate"):
        return typing.cast("Convert", hint.model_validate)
    if issubclass(hint, enum.Enum):
        return hint
    if hint is bytes:
        import base64

        return base64.b64decode
    if not (dataclasses.is_dataclass(hint) or typing.is_typeddict(hint)):
        return None
    parts = {k: c for k, h in _field_hints(hint).items() if (c := converter(h))}
    return lambda v: hint(**{k: parts[k](x) if k in parts else x for k, x in v.items()})


# --- to JSON


_AS_IT_IS = frozenset({str, int, float, bool, type(None)})


def to_jsonable(value: Any) -> Any:
    """Return *value* as JSON's own types. Raises TypeError naming the type that cannot be."""
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if kind is dict:  # nearly every answer is one; what a guest's Python is asked costs five times as much
        return {str(k): v if type(v) in _AS_IT_IS else to_jsonable(v) for k, v in value.items()}
    return _rarer_to_json(value)


def _rarer_to_json(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return to_jsonable(value.value)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(k): to_jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_jsonable(v) for v in value]
    return _other_to_json(value)


def _other_to_json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} is not JSON")
