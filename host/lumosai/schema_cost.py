"""What a JSON Schema costs before it is compiled: written by strangers, it must not stop the event loop.

The schema is walked as a validator would unroll it, each ``$ref`` into what it stands for, up to one that is already
on the way (https://json-schema.org/draft/2020-12/json-schema-core section 7.7.1 on references, section 8.2 on ``$id``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urljoin

from lumosai_sdk.errors import InputError

MAX_COST = 10_000
MAX_DEPTH = 200
PATTERN_COST = 100
BACKTRACKING_COST = 200
_REFS = ("$ref", "$dynamicRef")
_ANCHORS = ("$anchor", "$dynamicAnchor")
_META = ("https://json-schema.org/", "http://json-schema.org/")
# Their members are schemas by name; every other keyword holds a schema, a list of them, or none.
_NAMED = frozenset({"properties", "patternProperties", "dependentSchemas", "dependencies"})
# Values to compare with, and definitions, which count where they are referred to.
_DATA = frozenset({"const", "enum", "default", "examples", "$defs", "definitions"})
# Lookaround, references back, atomic and possessive groups: what is matched by trying one way after another.
_BACKTRACKING = re.compile(r"\(\?(?!:)|\\[1-9kgGK]|[*+?}]\+")


class Cost:
    """The cost of *schema*: ``patterns`` in it, ``loops`` back to what is on the way.

    Raises InputError when it is too large, nests too deep, or refers to what is not in it.
    """

    __slots__ = ("_anchored", "_base", "_nodes", "_path", "_root", "_unevaluated", "loops", "patterns")

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._root = schema
        base = schema.get("$id")
        self._base = base.partition("#")[0] if isinstance(base, str) else ""
        self._anchored: dict[str, Any] | None = None
        self._path: set[int] = set()
        self._nodes = self.patterns = self.loops = 0
        self._unevaluated = False
        self._walk(schema)
        if self._unevaluated and self.loops > 1:
            # What has been evaluated is found out anew from every reference, twice at each level of a value.
            raise InputError("'unevaluated…' may not stand in a schema that refers to itself more than once")

    def _add(self, cost: int) -> None:
        self._nodes += cost
        if self._nodes > MAX_COST:
            raise InputError(f"the schema is too large: with what it refers to it has over {MAX_COST} parts")

    def _walk(self, schema: Any) -> None:
        self._add(1)
        if not isinstance(schema, Mapping):
            return
        if id(schema) in self._path:
            self.loops += 1
            return
        if len(self._path) == MAX_DEPTH:
            raise InputError(f"the schema nests deeper than {MAX_DEPTH} levels")
        self._refuse_another(schema)
        self._path.add(id(schema))
        for part in self._parts(schema):
            self._walk(part)
        self._path.remove(id(schema))

    def _parts(self, schema: Mapping[str, Any]) -> Iterator[Any]:
        self._unevaluated |= "unevaluatedProperties" in schema or "unevaluatedItems" in schema
        for key, value in schema.items():
            if key in _REFS and isinstance(value, str):
                yield from self._target(value)
            elif key == "pattern" and isinstance(value, str):
                self._add_pattern(value)
            elif key in _NAMED and isinstance(value, Mapping):
                for name, part in value.items():
                    if key == "patternProperties":
                        self._add_pattern(str(name))
                    yield part
            elif key not in _DATA and isinstance(value, Mapping | list):
                yield from [value] if isinstance(value, Mapping) else value

    def _add_pattern(self, pattern: str) -> None:
        self.patterns += 1
        self._add(BACKTRACKING_COST if _BACKTRACKING.search(pattern) else PATTERN_COST)

    def _target(self, ref: str) -> Iterator[Any]:
        whole = self._base + ref if ref.startswith("#") else urljoin(self._base, ref)
        url, _, fragment = whole.partition("#")
        if url.startswith(_META):
            # The schema of schemas, which every validator has: it refers to itself in many ways.
            self._add(PATTERN_COST)
            self.loops += 2
            return
        if url != self._base:
            raise InputError(f"references to other documents are not followed ({ref[:200]})")
        yield self._pointed(fragment, ref) if fragment[:1] in {"", "/"} else self._anchor(unquote(fragment), ref)

    def _pointed(self, pointer: str, ref: str) -> Any:
        found: Any = self._root
        try:
            for token in unquote(pointer).split("/")[1:]:
                key = token.replace("~1", "/").replace("~0", "~")
                found = found[int(key)] if isinstance(found, list) else found[key]
                self._refuse_another(found)
        except (KeyError, IndexError, ValueError, TypeError):
            raise InputError(f"the schema refers to {ref[:200]!r}, which it does not have") from None
        return found

    def _refuse_another(self, schema: Any) -> None:
        # References below it would start from it: what one leads to must have one reading.
        if schema is not self._root and isinstance(schema, Mapping) and isinstance(schema.get("$id"), str):
            raise InputError(f"the schema has another within it ({schema['$id'][:80]!r}); refer to '#/$defs/…' instead")

    def _anchor(self, name: str, ref: str) -> Any:
        if self._anchored is None:
            self._anchored = {}
            for anchor, schema in _anchors(self._root):
                if self._anchored.setdefault(anchor, schema) is not schema:
                    raise InputError(f"the schema has two anchors {anchor[:80]!r}")
        if name not in self._anchored:
            raise InputError(f"the schema refers to {ref[:200]!r}, which it does not have")
        return self._anchored[name]


def _anchors(root: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    waiting: list[Any] = [root]
    while waiting:
        here = waiting.pop()
        if isinstance(here, Mapping):
            yield from ((here[k], here) for k in _ANCHORS if isinstance(here.get(k), str))
            waiting += [v for v in here.values() if not isinstance(v, Mapping) or not isinstance(v.get("$id"), str)]
        elif isinstance(here, list):
            waiting += here
