"""Fill a tool's arguments from a request.

What can be read off the request (addresses, dates, sums, places, numbers) is read off it. Only what is required and
still open is left to SmolLM2, which may choose: among pieces of the request for text, within the schema for the rest.
So a value is never invented where the request holds one, and the arguments satisfy the schema.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lumosai_plugins.local import spans
from lumosai_plugins.local.check import fits
from lumosai_plugins.local.evidence import properties
from lumosai_plugins.local.kinds import Kind, core, kind_of
from lumosai_plugins.local.llama import Generation
from lumosai_plugins.local.prompt import chat

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from lumosai_plugins.local.evidence import Request
    from lumosai_plugins.local.llama import Generated, Llama
    from lumosai_sdk.types.tools import ToolSpec

_FREE: frozenset[Kind] = frozenset({"text", "query", "question"})
_ANY_ONE: frozenset[Kind] = frozenset({"date", "datetime", "expression"})  # one value may serve several parameters
_LONGEST: dict[Kind, int] = {"place": 3, "url": 1, "path": 1, "folder": 1, "email": 1, "timezone": 1, "clock": 2}
_TO = frozenset({"to", "target", "into", "destination", "dest", "output"})
_FROM = frozenset({"from", "source", "origin", "input"})
_AFTER_TO = re.compile(r"(?:\b(?:to|into|in|as)\s+(?:the\s+)?|\bhow (?:many|much)\s+)$", re.IGNORECASE)
_AFTER_FROM = re.compile(
    r"(?:\bfrom\s+(?:the\s+)?|\d\s*|\d\s*(?:[ap]\.?m\.?|o'?clock)?\s+(?:in|at)\s+(?:the\s+)?)$", re.IGNORECASE
)
_NEAR = 40
_MAX_TOKENS = 300
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Filled:
    """The arguments, and what SmolLM2 was asked for them (None if nothing)."""

    arguments: dict[str, Any]
    asked: Generated | None = None


async def fill(request: Request, tool: ToolSpec, llama: Callable[[], Awaitable[Llama]]) -> Filled:
    """Return arguments for ``tool``; ``llama`` is only called if it is needed. Raises what the model raises."""
    parameters = properties(tool.input_schema)
    required = [name for name in tool.input_schema.get("required") or () if name in parameters]
    reader = _Reader(request, parameters)
    found = reader.read(required)
    left = [name for name in required if name not in found]
    if not left:
        return Filled(found)
    asked = await (await llama()).generate(_question(request, tool, {name: parameters[name] for name in left}))
    told = _parse(asked.text)
    for name in left:
        value = told.get(name, _MISSING)
        good = value is not _MISSING and fits(value, parameters[name])
        found[name] = value if good else _last_resort(request, parameters[name])
    return Filled({name: found[name] for name in parameters if name in found}, asked)


@dataclass(slots=True)
class _Reader:
    """Reads values off the request, each at most once for parameters of one kind."""

    request: Request
    parameters: Mapping[str, Mapping[str, Any]]
    taken: dict[Kind, list[Any]] = field(default_factory=dict)

    def read(self, required: list[str]) -> dict[str, Any]:
        first = sorted(self.parameters, key=lambda name: name not in required)
        found = {name: self._value(name, required=name in required) for name in first}
        return {name: found[name] for name in self.parameters if found[name] is not _MISSING}

    def _value(self, name: str, *, required: bool) -> Any:
        schema = core(self.parameters[name])
        kind = kind_of(name, schema)
        if "const" in schema:
            return schema["const"] if required else _MISSING
        values = self._candidates(name, kind, schema, required=required)
        fitting = [v for v in (_cast(v, schema) for v in values) if fits(v, schema)]
        if fitting:
            chosen = self._directed(name, kind, fitting)
            self.taken.setdefault(kind, []).append(chosen)
            return chosen
        return _default(kind, self.parameters[name], self.request) if required else _MISSING

    def _candidates(self, name: str, kind: Kind, schema: Mapping[str, Any], *, required: bool) -> list[Any]:
        if kind == "list":
            return _lists(name, schema, self.request) if required else []
        if "pattern" in schema or (not required and kind in _FREE):
            return []
        if kind == "boolean":
            return _switch(name, self.request.head)
        values = _beside(name, self.request.head) if kind == "number" and not required else None
        if values is None:
            values = self.request.values(kind, schema)
        return values if kind in _ANY_ONE else [v for v in values if v not in self.taken.get(kind, ())]

    def _directed(self, name: str, kind: Kind, values: list[Any]) -> Any:
        """Prefer, for a ``to_…`` or ``from_…`` parameter, the value that follows that word."""
        words = set(re.split(r"[^a-z]+", name.lower()))
        if not words & (_TO | _FROM):
            return values[0]
        sources = [v for v in values if _AFTER_FROM.search(self._before(kind, v))]
        if words & _FROM:
            return (sources or values)[0]
        others = [v for v in values if v not in sources] or values
        return next((v for v in others if _AFTER_TO.search(self._before(kind, v))), others[0])

    def _before(self, kind: Kind, value: Any) -> str:
        at = max(0, self.request.start(kind, value))
        return self.request.head[max(0, at - _NEAR) : at]


def _cast(value: Any, schema: Mapping[str, Any]) -> Any:
    if schema.get("type") == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if schema.get("type") == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _default(kind: Kind, schema: Mapping[str, Any], request: Request) -> Any:
    value: Any = _MISSING
    if "default" in schema:
        value = schema["default"]
    elif kind == "date":
        value = request.now.date().isoformat()
    elif kind == "datetime":
        value = request.now.astimezone().isoformat(timespec="seconds")
    elif kind == "timezone":
        value = "UTC"
    return value if value is _MISSING or fits(value, schema) else _MISSING


def _stem(name: str) -> str:
    words = [w for w in re.split(r"[^a-z]+", name.lower()) if w]
    return re.escape(words[-1].rstrip("s")) if words else "$^"


def _beside(name: str, text: str) -> list[float | int]:
    """Return the number that stands beside an optional parameter's name: "3 days", "limit 5"."""
    stem = _stem(name)
    for pattern in (rf"(\S+)\s+{stem}", rf"\b{stem}\w*\s*(?:of|to|is|=|:)?\s*(\S+)"):
        for match in re.finditer(pattern, text, re.IGNORECASE):
            if found := spans.numbers(match[1]):
                return found[:1]
    return []


def _switch(name: str, text: str) -> list[bool]:
    if not (match := re.search(rf"\b{_stem(name)}", text, re.IGNORECASE)):
        return []
    return [not re.search(r"\b(?:not?|without|don'?t|never)\s+(?:\w+\s+){0,2}$", text[: match.start()], re.IGNORECASE)]


def _lists(name: str, schema: Mapping[str, Any], request: Request) -> list[list[Any]]:
    given = schema.get("items")
    items = core(given) if isinstance(given, dict) else {}
    kind = kind_of(name.rstrip("s"), items)
    values = request.values(kind, items)
    return [values[: schema.get("maxItems", len(values))]] if values else []


def _question(request: Request, tool: ToolSpec, parameters: Mapping[str, Mapping[str, Any]]) -> Generation:
    lines = "\n".join(f"- {name}: {str(s.get('description', name))[:200]}" for name, s in parameters.items())
    text = f"Request: {request.head}\n\n{tool.description[:300]}. Fill in from the request:\n{lines}"
    schema = {
        "type": "object",
        "properties": {name: _choices(name, s, request) for name, s in parameters.items()},
        "required": list(parameters),
        "additionalProperties": False,
    }
    defs = {k: v for k in ("$defs", "definitions") if isinstance(v := tool.input_schema.get(k), dict)}
    return Generation(chat([("user", text)]), _MAX_TOKENS, schema={**schema, **defs})


def _choices(name: str, schema: Mapping[str, Any], request: Request) -> Mapping[str, Any]:
    """Return the schema SmolLM2 answers by: for text, the pieces of the request that the parameter may hold."""
    inner = core(schema)
    kind = kind_of(name, inner)
    if inner.get("type", "string") != "string" or kind == "enum" or {"$ref", "pattern"} & inner.keys():
        return schema
    pieces = spans.phrases(request.head, longest=_LONGEST.get(kind, 8))
    if kind in _FREE:
        pieces = [request.head.strip(), *pieces]
    fitting = [p for p in pieces if fits(p, inner)]
    return {"enum": fitting} if fitting else schema


def _parse(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _last_resort(request: Request, schema: Mapping[str, Any]) -> Any:
    """Return the plainest value of the schema's type: the host checks it and tells the model if it will not do."""
    if "default" in schema:
        return schema["default"]
    schema = core(schema)
    if schema.get("enum"):
        return schema["enum"][0]
    lowest = schema.get("minimum", 0)
    plain: dict[str, Any] = {"integer": lowest, "number": lowest, "boolean": False, "array": [], "object": {}}
    return plain.get(str(schema.get("type")), request.head[: schema.get("maxLength", len(request.head))])
