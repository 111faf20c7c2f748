"""The items of a dataset, and how much of them there may be."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from lumosai_sdk.errors import InputError

MOST_ITEMS = 10_000
MOST_ITEM = 256 * 1024
MOST_BYTES = 32 * 1024 * 1024
KEYS = ("id", "input", "expected", "context", "metadata")
_ID = re.compile(r"[\w.:#@/ -]{1,128}")


@dataclass(frozen=True, slots=True)
class Item:
    """One case: what the agent is asked, what is expected of it, the texts it is to go by, and what else is known.

    ``id`` names it in every version of the dataset; without one it is made of the input.
    """

    id: str
    input: str
    expected: Any = None
    context: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it with what it has; items are stored and told apart by this."""
        out: dict[str, Any] = {"id": self.id, "input": self.input}
        if self.expected is not None:
            out["expected"] = self.expected
        if self.context:
            out["context"] = list(self.context)
        if self.metadata:
            out["metadata"] = dict(self.metadata)
        return out

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Return an item. Raises InputError naming the key."""
        if not isinstance(data, Mapping) or not isinstance(data.get("input"), str) or not data["input"].strip():
            raise InputError('an item is an object with an "input", which is a text')
        if unknown := data.keys() - set(KEYS):
            raise InputError(f"an item has no {min(unknown)!r}; it has {', '.join(KEYS)}")
        context = data.get("context") or ()
        context = (context,) if isinstance(context, str) else context
        if not isinstance(context, list | tuple) or not all(isinstance(c, str) for c in context):
            raise InputError("context must be a text or a list of texts")
        metadata = data.get("metadata") or {}
        if not isinstance(metadata, Mapping):
            raise InputError("metadata must be an object")
        return cls(_id(data), data["input"], data.get("expected"), tuple(context), metadata)


def _id(data: Mapping[str, Any]) -> str:
    given = data.get("id")
    if given is None or given == "":
        return hashlib.sha256(data["input"].encode(errors="surrogatepass")).hexdigest()[:12]
    if not isinstance(given, str | int) or not _ID.fullmatch(str(given)):
        raise InputError("an id has 1 to 128 letters, digits, spaces and _.:#@/-")
    return str(given)


def canonical(item: Item) -> bytes:
    """Return an item as the bytes it is addressed by. Raises InputError for what is no JSON."""
    try:
        return json.dumps(item.to_json(), sort_keys=True, ensure_ascii=True, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as e:
        raise InputError(f"the item {item.id!r} is no JSON: {e}") from None


def checked(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return items within the bounds, with ids of their own. Raises InputError."""
    out: list[Item] = []
    seen: Counter[str] = Counter()
    size = 0
    for item in items:
        seen[item.id] += 1
        made = item if seen[item.id] == 1 else Item(f"{item.id}#{seen[item.id]}", *_rest(item))
        length = len(canonical(made))
        size += length
        if length > MOST_ITEM or size > MOST_BYTES or len(out) >= MOST_ITEMS:
            raise InputError(
                f"a dataset has at most {MOST_ITEMS} items, of {MOST_ITEM} bytes each and {MOST_BYTES} in all",
                hint="split it into several datasets",
            )
        out.append(made)
    if not out:
        raise InputError("a dataset has at least one item")
    if len({i.id for i in out}) != len(out):
        raise InputError("two items have the same id")
    return tuple(out)


def _rest(item: Item) -> tuple[str, Any, tuple[str, ...], Mapping[str, Any]]:
    return item.input, item.expected, item.context, item.metadata


def digest(items: Sequence[Item]) -> str:
    """Return the address of the items, in their order."""
    out = hashlib.sha256()
    for item in items:
        out.update(canonical(item) + b"\n")
    return out.hexdigest()
