"""What an application and a run share while a request is answered: the functions it offers, and its state.

The application owns the state and sends it with each request; nothing of it is kept past that. The agent changes it
with the tool ``agui.state`` and RFC 6902 operations, which the application hears of as ``STATE_DELTA``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypedDict

from lumosai_sdk import ToolContext, ToolError, tool

ID = "agui.state"
MAX_STATE = 32_000
"""Characters of the state as JSON."""


class Change(TypedDict, total=False):
    """One operation."""

    op: Literal["add", "replace", "remove"]
    path: Annotated[str, {"maxLength": 1000}]
    value: Any


@dataclass(slots=True)
class Shared:
    """What one request's application shares. *answered* are calls it had been told of before."""

    functions: frozenset[str]
    state: dict[str, Any] = field(default_factory=dict)
    answered: Collection[str] = ()
    told: list[list[Change]] = field(default_factory=list)

    def change(self, changes: Sequence[Change]) -> None:
        """Change the state, by all of the changes or by none. Raises ToolError."""
        try:
            made: Any = copy.deepcopy(self.state)
            for one in changes:
                made = _changed(made, one)
            size = len(json.dumps(made, ensure_ascii=False))
        except RecursionError:
            raise ToolError("the state would be nested too deeply") from None
        if not isinstance(made, dict):
            raise ToolError("the state stays an object")
        if size > MAX_STATE:
            raise ToolError(f"the state would have {size} characters, and may have {MAX_STATE}")
        self.state = made
        self.told.append(list(changes))

    def untold(self) -> Iterator[list[Change]]:
        """Yield the changes the application has not heard of, in the order they were made."""
        told, self.told = self.told, []
        yield from told


_SHARED: dict[str, Shared] = {}
"""By run, while its request is answered."""


@contextmanager
def sharing(run: str, shared: Shared) -> Iterator[None]:
    """Share with a run for as long as the block lasts."""
    _SHARED[run] = shared
    try:
        yield
    finally:
        if _SHARED.get(run) is shared:
            del _SHARED[run]


def shared_with(run: str) -> Shared | None:
    """Return what is shared with a run, None where no application waits for it."""
    return _SHARED.get(run)


@tool(id=ID, side_effects=True)
async def state(
    changes: Annotated[list[Change], {"minItems": 1, "maxItems": 64}], context: ToolContext
) -> Mapping[str, Any]:
    """Change the state that you and the application share, and return it as it is then.

    Args:
        changes: JSON Patch operations, each with op, path (a JSON pointer, as /items/0 or /items/-) and value.
        context: The call.
    """
    shared = shared_with(context.run_id)
    if shared is None:
        raise ToolError("no application shares a state with this run")
    shared.change(changes)
    return shared.state


def _changed(root: Any, one: Change) -> Any:
    """Return the state after one operation (RFC 6902 section 4). Raises ToolError for a place that is not there."""
    op, path = one.get("op"), one.get("path", "")
    if op != "remove" and "value" not in one:
        raise ToolError(f"{op} {path!r} wants a value")
    if path == "":
        return {} if op == "remove" else one.get("value")
    if not path.startswith("/"):
        raise ToolError(f"{path!r} is no JSON pointer: it starts with a slash")
    *way, last = (p.replace("~1", "/").replace("~0", "~") for p in path[1:].split("/"))
    place = root
    for part in way:
        place = place[_key(place, part, path)]
    if isinstance(place, list) and op == "add":
        place.insert(len(place) if last == "-" else _index(last, len(place), path), copy.deepcopy(one.get("value")))
    elif op == "remove":
        del place[_key(place, last, path)]
    else:
        key = last if op == "add" and isinstance(place, dict) else _key(place, last, path)
        place[key] = copy.deepcopy(one.get("value"))
    return root


def _key(place: Any, part: str, path: str) -> Any:
    if isinstance(place, list):
        return _index(part, len(place) - 1, path)
    if not isinstance(place, dict) or part not in place:
        raise ToolError(f"the state has no {path!r}")
    return part


def _index(part: str, last: int, path: str) -> int:
    if not (part.isascii() and part.isdigit() and len(part) < 7 and int(part) <= last):  # noqa: PLR2004 - digits
        raise ToolError(f"the state has no {path!r}")
    return int(part)
