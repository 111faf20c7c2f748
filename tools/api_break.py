"""Tell what of an OpenAPI 3.1 document would break clients of a released one: ``api_break.py RELEASED PRESENT``.

What clients send may be taken more widely than before, and what they are answered may be said more narrowly; the other
way around is a break. More values of an enumeration in an answer are none: clients are told to pass over what they do
not know. An operation whose ``Sunset`` has passed may go.
"""

# ruff: noqa: INP001, T201 - a script
from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LEAST = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
MOST = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
Schema = Any


def breaks(released: Mapping[str, Any], present: Mapping[str, Any], today: datetime | None = None) -> list[str]:
    """Return a line for each break, none where clients of the released document are served as before."""
    return list(dict.fromkeys(_Comparison(released, present, today or datetime.now(UTC)).all()))


@dataclass
class _Comparison:
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    today: datetime
    under_way: set[tuple[str, str, bool]] = field(default_factory=set)

    def all(self) -> Iterator[str]:
        for path, item in self.old["paths"].items():
            for method in METHODS:
                if method in item:
                    now = self.new["paths"].get(path, {}).get(method)
                    yield from self.operation(f"{method.upper()} {path}", item[method], now)

    def operation(self, where: str, old: Mapping[str, Any], new: Mapping[str, Any] | None) -> Iterator[str]:
        if new is None:
            sunset = old.get("x-lumos-sunset")
            if not (old.get("deprecated") and sunset and datetime.fromisoformat(sunset) <= self.today):
                yield f"{where}: it is gone"
            return
        for key, what in (("operationId", "its operationId"), ("x-lumos-action", "the scope it needs")):
            if old.get(key) != new.get(key):
                yield f"{where}: {what} was {old.get(key)!r} and is {new.get(key)!r}"
        yield from self.parameters(where, old, new)
        yield from self.request(where, old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            yield from self.answer(f"{where}: {status}", answer, new["responses"].get(status))

    def parameters(self, where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
        was, now = ({(p["in"], p["name"]): p for p in o.get("parameters", ())} for o in (old, new))
        for key, parameter in was.items():
            name = f"{where}: {key[0]} parameter {key[1]!r}"
            if key not in now:
                yield f"{name} is gone"
            else:
                yield from self.schema(name, parameter.get("schema", {}), now[key].get("schema", {}), sent=True)
        for key, parameter in now.items():
            if parameter.get("required") and not was.get(key, {}).get("required"):
                yield f"{where}: {key[0]} parameter {key[1]!r} is required now"

    def request(self, where: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Iterator[str]:
        if (new or {}).get("required") and not (old or {}).get("required"):
            yield f"{where}: a body is required now"
        yield from self.contents(f"{where}: body", old or {}, new or {}, sent=True)

    def answer(self, where: str, old: Mapping[str, Any], new: Mapping[str, Any] | None) -> Iterator[str]:
        if new is None:
            yield f"{where}: this answer is gone"
            return
        old, new = self.resolved(self.old, old), self.resolved(self.new, new)
        for header in sorted(old.get("headers", {}).keys() - new.get("headers", {}).keys()):
            yield f"{where}: the header {header} is gone"
        yield from self.contents(where, old, new, sent=False)

    def contents(self, where: str, old: Mapping[str, Any], new: Mapping[str, Any], *, sent: bool) -> Iterator[str]:
        for media_type, content in old.get("content", {}).items():
            now = new.get("content", {}).get(media_type)
            if now is None:
                yield f"{where}: {media_type} is gone"
            else:
                yield from self.schema(where, content.get("schema", {}), now.get("schema", {}), sent=sent)

    def resolved(self, document: Mapping[str, Any], value: Any) -> Any:
        while isinstance(value, Mapping) and "$ref" in value:
            found: Any = document
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            value = found
        return value

    def schema(self, where: str, old: Schema, new: Schema, *, sent: bool) -> Iterator[str]:
        """Compare schemas of what clients send, or are answered; those that hold themselves are looked at once."""
        key = (json.dumps(old, sort_keys=True), json.dumps(new, sort_keys=True), sent)
        if key in self.under_way:
            return
        self.under_way.add(key)
        olds, news = self.branches(self.old, old), self.branches(self.new, new)
        if len(olds) > 1 or len(news) > 1:
            yield from self.choices(where, olds, news, sent=sent)
        else:
            yield from self.plain(where, olds[0], news[0], sent=sent)
        self.under_way.discard(key)

    def branches(self, document: Mapping[str, Any], schema: Schema) -> list[Schema]:
        """Return the alternatives of a schema; what stands beside them holds for each."""
        schema = self.resolved(document, schema)
        if not isinstance(schema, Mapping):
            return [{} if schema else {"type": []}]
        either = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        beside = {k: v for k, v in schema.items() if k not in {"anyOf", "oneOf", "allOf", "discriminator"}}
        for part in schema.get("allOf", ()):
            beside = _both(beside, self.resolved(document, part))
        if not either and isinstance(beside.get("type"), list):
            return [{**beside, "type": t} for t in beside["type"]] or [beside]
        return [_both(beside, b) for part in either for b in self.branches(document, part)] or [beside]

    def choices(self, where: str, olds: Sequence[Schema], news: Sequence[Schema], *, sent: bool) -> Iterator[str]:
        """Each alternative that clients send must still be taken, each that they are answered have been there."""
        for one in olds if sent else news:
            pairs = [(one, n) for n in news] if sent else [(o, one) for o in olds]
            if all(list(self.plain(where, o, n, sent=sent)) for o, n in pairs):
                yield f"{where}: {_named(one)} {'is not taken any more' if sent else 'is answered now'}"

    def plain(self, where: str, old: Mapping[str, Any], new: Mapping[str, Any], *, sent: bool) -> Iterator[str]:
        was, now = _types(old), _types(new)
        if lost := (was - now if sent else now - was):
            yield f"{where}: {'no longer takes' if sent else 'may now be'} {', '.join(sorted(lost))}"
            return
        if sent:
            yield from _narrowed(where, old, new)
        yield from self.fields(where, old, new, sent=sent)
        for key in ("items", "additionalProperties"):
            if isinstance(old.get(key), Mapping) or isinstance(new.get(key), Mapping):
                yield from self.schema(f"{where}[]", old.get(key, {}), new.get(key, {}), sent=sent)

    def fields(self, where: str, old: Mapping[str, Any], new: Mapping[str, Any], *, sent: bool) -> Iterator[str]:
        was, now = old.get("properties", {}), new.get("properties", {})
        for name in sorted(was.keys() - now.keys()):
            if not sent or new.get("additionalProperties") is False:
                yield f"{where}: the field {name!r} is {'refused now' if sent else 'gone'}"
        for name in sorted(was.keys() & now.keys()):
            yield from self.schema(f"{where}.{name}", was[name], now[name], sent=sent)
        before, after = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(after - before if sent else before & now.keys() - after):
            yield f"{where}: the field {name!r} is {'required now' if sent else 'no longer always there'}"


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    fields = {**one.get("properties", {}), **other.get("properties", {})}
    required = [*one.get("required", ()), *other.get("required", ())]
    more = {k: v for k, v in (("properties", fields), ("required", required)) if v}
    return {**one, **other, **more}


def _types(schema: Mapping[str, Any]) -> set[str]:
    given = schema.get("type", TYPES)
    found = {given} if isinstance(given, str) else set(given)
    return found | {"integer"} if "number" in found else found


def _narrowed(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    was, now = _values(old), _values(new)
    if now is not None and (was is None or any(v not in now for v in was)):
        gone = "other values" if was is None else ", ".join(str(v) for v in was if v not in now)
        yield f"{where}: no longer takes {gone}"
    for keys, tighter in ((LEAST, max), (MOST, min)):
        for key in (k for k in keys if k in new):
            if key not in old or (old[key] != new[key] and tighter(old[key], new[key]) == new[key]):
                yield f"{where}: {key} was {old.get(key, 'not there')} and is {new[key]}"
    for key in ("pattern", "format"):
        if key in new and old.get(key) != new[key]:
            yield f"{where}: {key} was {old.get(key)!r} and is {new[key]!r}"


def _values(schema: Mapping[str, Any]) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _named(schema: Mapping[str, Any]) -> str:
    return str(schema.get("title") or schema.get("type") or "something else")


def main(arguments: Sequence[str]) -> int:
    """Compare two files and print what breaks. Returns 1 where something does."""
    released, present = (json.loads(Path(a).read_text(encoding="utf-8")) for a in arguments)
    found = breaks(released, present)
    for line in found:
        print(line)
    if found:
        print(f"{len(found)} breaks: keep what was released, mark it with Operation.deprecated, or serve it as /v2")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
