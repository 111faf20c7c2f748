"""The contract's types as JSON and back: what crosses the boundary between a host and a sandboxed guest.

Both sides use these functions, and neither trusts the other: ``decode`` takes only what has the type's form, and says
in an InputError what has not. Fields it does not know are passed over, fields that are missing have their defaults:
that is how the contract grows. Pure standard library, as it runs inside guests too.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from lumosai_sdk.errors import InputError
from lumosai_sdk.jsontext import strict_json
from lumosai_sdk.types import events
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.processors import PHASES, Phase, RunInfo
from lumosai_sdk.types.tools import ToolContext

T = TypeVar("T")
Decoder = Callable[[Any, str], Any]
_OWN_FORM: tuple[Any, ...] = (Message, ToolCall)  # whose JSON is the vendors' and not field by field
_BY_PHASE: Mapping[Phase, Any] = {
    "input": tuple[Message, ...],
    "model_request": tuple[Message, ...],
    "tool_call": ToolCall,
    "tool_result": str,
    "output": str,
}


# --- texts


def dumps(value: Any) -> str:
    """Return *value*, of any types of the contract, as JSON text. Raises InputError for what is not JSON."""
    try:
        return _encoded(value)
    except (TypeError, ValueError, RecursionError) as e:
        raise InputError(f"this cannot be sent as JSON: {e}") from None


def loads(text: str) -> Any:
    """Return the value of a JSON text. Raises InputError for what is no JSON, or is nested too deeply."""
    try:
        return strict_json(text)
    except (ValueError, RecursionError) as e:
        raise InputError(f"not JSON: {e}") from None


# --- values


def encode(value: Any) -> Any:
    """Return a value of the contract as JSON: its own ``to_json``, else field by field. Raises TypeError."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return {str(k): encode(v) for k, v in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
        return [encode(v) for v in value]
    if hasattr(value, "to_json"):
        return value.to_json()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} is not JSON")


def _encoder() -> Callable[[Any], str]:
    """Return what writes values; ``JSONEncoder.encode`` makes a C encoder for each, which takes as long again."""
    stock = json.JSONEncoder(default=encode, separators=(",", ":"), allow_nan=False)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return stock.encode
    # No markers: what holds itself ends in a RecursionError instead, and nothing is left behind by a failure.
    sort_keys = skip_keys = allow_nan = False
    write = make(None, encode, json.encoder.encode_basestring_ascii, None, ":", ",", sort_keys, skip_keys, allow_nan)
    return lambda value: "".join(write(value, 0))


_encoded = _encoder()


def decode(hint: type[T], data: Any, what: str = "") -> T:
    """Return JSON as a value of the type *hint*. Raises InputError that names *what* and the field."""
    return cast("T", _decoder(cast("Any", hint))(data, what or getattr(hint, "__name__", "value")))


@cache
def _decoder(hint: Any) -> Decoder:  # noqa: PLR0911 - one return a form of hint reads best
    origin, args = get_origin(hint), get_args(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if hint in _OWN_FORM:
        return lambda v, w: _own_form(hint, v, w)
    if origin is Literal:
        return lambda v, w: _literal(args, v, w)
    if origin in {Union, types.UnionType}:
        return _union(args)
    if origin in {Sequence, tuple, list}:
        inner = _decoder(args[0])
        return lambda v, w: _array(inner, v, w)
    if origin in {Mapping, dict}:
        inner = _decoder(args[1])
        return lambda v, w: {k: inner(x, f"{w}.{k}") for k, x in _object(v, w).items()}
    if dataclasses.is_dataclass(hint):
        return _fields(hint)
    raise TypeError(f"{hint!r} does not cross the boundary")


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise _wrong(what, "a string", value)
    return value


def _integer(value: Any, what: str) -> int:
    if isinstance(value, float) and value.is_integer():  # JSON knows no difference, nor do JavaScript and Lua
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(what, "an integer", value)
    return value


def _number(value: Any, what: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not _finite(value):
        raise _wrong(what, "a number", value)
    return float(value)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        return False


def _truth(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(what, "true or false", value)
    return value


def _nothing(value: Any, what: str) -> None:
    if value is not None:
        raise _wrong(what, "null", value)


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(what, "an object", value)
    return value


def _array(inner: Decoder, value: Any, what: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise _wrong(what, "a list", value)
    return tuple(inner(v, what) for v in value)


def _literal(allowed: tuple[Any, ...], value: Any, what: str) -> Any:
    if not isinstance(value, str) or value not in allowed:
        raise _wrong(what, f"one of {', '.join(map(str, allowed))}", value)
    return value


def _union(args: tuple[Any, ...]) -> Decoder:
    """Return the decoder of ``X | None``; the contract has no other unions that cross the boundary."""
    (hint,) = [a for a in args if a is not type(None)]
    inner = _decoder(hint)
    return lambda v, w: None if v is None else inner(v, w)


def _own_form(cls: Any, value: Any, what: str) -> Any:
    try:
        return cls.from_json(_object(value, what))
    except InputError as e:
        raise InputError(f"{what}: {e.message}") from None


def _fields(cls: Any) -> Decoder:
    hints = get_type_hints(cls)
    parts = [(f.name, _decoder(hints[f.name]), _required(f)) for f in dataclasses.fields(cls) if f.init]

    def build(value: Any, what: str) -> Any:
        data = _object(value, what)
        out = {n: decoder(data[n], f"{what}.{n}") for n, decoder, _ in parts if n in data}
        if lacking := [n for n, _, required in parts if required and n not in out]:
            raise InputError(f"{what} has no {', '.join(lacking)}")
        return cls(**out)

    return build


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _wrong(what: str, wanted: str, value: Any) -> InputError:
    return InputError(f"{what} must be {wanted}, not {type(value).__name__}")


_PLAIN: dict[Any, Decoder] = {
    str: _text,
    int: _integer,
    float: _number,
    bool: _truth,
    type(None): _nothing,
    Any: lambda v, _: v,
}


# --- who is calling


def encode_context(context: ToolContext | RunInfo) -> dict[str, Any]:
    """Return what a guest is told of a call; rights and the means to ask a person stay with the host."""
    return {
        "run_id": context.run_id,
        "agent": context.agent,
        "call_id": getattr(context, "call_id", ""),
        "thread_id": context.thread_id,
        "tenant": context.principal.tenant,
        "subject": context.principal.id,
    }


def decode_context(data: Any) -> ToolContext:
    """Return a tool's context, as the guest has it. Raises InputError."""
    told = _object(data, "context")
    return ToolContext(principal=_principal(told), call_id=told.get("call_id") or "", **_run(told))


def decode_run(data: Any) -> RunInfo:
    """Return the run that a step or processor works in, as the guest has it. Raises InputError."""
    told = _object(data, "context")
    return RunInfo(principal=_principal(told), **_run(told))


def _run(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"run_id": told.get("run_id") or "", "agent": told.get("agent") or "", "thread_id": told.get("thread_id")}


def _principal(told: Mapping[str, Any]) -> Principal:
    try:
        return Principal(str(told.get("subject") or "local"), str(told.get("tenant") or "default"))
    except ValueError as e:
        raise InputError(f"context: {e}") from None


# --- processors


def decode_passing(phase: str, data: Any) -> Any:
    """Return what passes a processor at *phase*; ``encode`` is the way there. Raises InputError."""
    if phase not in PHASES:
        raise InputError(f"phase must be one of {', '.join(PHASES)}, not {phase!r}")
    return decode(_BY_PHASE[phase], data, phase)


# --- stores


def decode_arguments(method: str, data: Any) -> tuple[Any, ...]:
    """Return the arguments of a store's *method*; those at the end may be missing. Raises InputError."""
    parameters, _ = _method(method)
    values = _array(_PLAIN[Any], data, f"storage.{method}")
    if len(values) > len(parameters):
        raise InputError(f"storage.{method} takes {len(parameters)} arguments, not {len(values)}")
    named = zip(parameters.items(), values, strict=False)
    return tuple(decode(hint, v, f"storage.{method}.{n}") for (n, hint), v in named)


def decode_result(method: str, data: Any) -> Any:
    """Return what a store's *method* answered; ``encode`` is the way there. Raises InputError."""
    return decode(_method(method)[1], data, f"storage.{method}")


@cache
def _method(name: str) -> tuple[dict[str, Any], Any]:
    """Return the hints of the parameters of a store's method, and of its result."""
    from lumosai_sdk.kinds.storage import HealthReporter, Storage

    found = None if name.startswith("_") else getattr(Storage, name, getattr(HealthReporter, name, None))
    if not inspect.isfunction(found):
        raise InputError(f"a store has no method {name!r}")
    hints = get_type_hints(found)
    parameters = list(inspect.signature(found).parameters)[1:]
    return {name: hints[name] for name in parameters}, hints["return"]


# --- events


@dataclasses.dataclass(frozen=True, slots=True)
class OtherEvent(Event):
    """An event that this side does not know; ``data`` is all of it, its type too."""

    data: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return dict(self.data)


def decode_events(data: Any) -> tuple[Event, ...]:
    """Return a batch of events. Raises InputError."""
    return tuple(_event(_object(e, "event")) for e in _array(_PLAIN[Any], data, "events"))


def _event(data: dict[str, Any]) -> Event:
    cls = _event_types().get(data.get("type", ""))
    if cls is None:
        return _other(data)
    try:
        return decode(cls, data, str(data["type"]))
    except InputError:  # of a later version: what cannot be read as it is known can still be counted
        return _other(data)


def _other(data: dict[str, Any]) -> OtherEvent:
    return OtherEvent(**{f: data[f] for f in ("run_id", "seq", "at") if f in data}, data=data)


@cache
def _event_types() -> dict[str, type[Event]]:
    found = [c for c in vars(events).values() if isinstance(c, type) and issubclass(c, Event)]
    return {c.type: c for c in found}
