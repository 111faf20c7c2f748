"""Scorers of what an agent did on the way to its answer: which tools it called, with what, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lumosai_plugins.evals.scorers.rules import as_json
from lumosai_plugins.evals.scorers.wanted import unfit, wanted
from lumosai_sdk.decorators import scorer
from lumosai_sdk.errors import InputError, ToolError
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.scores import Sample, Score

_MOST = 200


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was made, or one that is expected; None for arguments that may be any."""

    name: str
    arguments: Mapping[str, Any] | None = None

    def fits(self, made: Call) -> bool:
        """Tell whether a call that was made is this one: every argument named here has this value there."""
        if self.name != made.name:
            return False
        given = made.arguments or {}
        return all(k in given and given[k] == v for k, v in (self.arguments or {}).items())

    def __str__(self) -> str:
        return self.name if self.arguments is None else f"{self.name} {as_json(dict(self.arguments))}"[:200]


def made(sample: Sample) -> list[Call]:
    """Return the calls of a run in order; one whose arguments are no JSON object has none."""
    out: list[Call] = []
    for call in (c for m in sample.messages for c in m.tool_calls):
        try:
            out.append(Call(call.name, call.parse()))
        except ToolError:
            out.append(Call(call.name))
    return out[:_MOST]


def expected(value: Any, key: str) -> tuple[list[Call], bool]:
    """Return the calls that are expected, and whether in that order. Raises InputError."""
    strict = False
    if isinstance(value, Mapping) and "calls" in value:
        strict, value = value.get("order", "any") == "strict", value["calls"]
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > _MOST:
        raise InputError(f"expected.{key} must be a list of at most {_MOST} tools")
    return [_call(v, key) for v in value], strict


def _call(value: Any, key: str) -> Call:
    if isinstance(value, str):
        return Call(_name(value))
    arguments = value.get("arguments") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        raise InputError(f'expected.{key}: a tool is its id, or {{"name": its id, "arguments": {{…}}}}')
    if arguments is not None and not isinstance(arguments, Mapping):
        raise InputError(f"expected.{key}: the arguments of {value['name']!r} must be an object")
    return Call(_name(value["name"]), arguments)


def _name(tool_id: str) -> str:
    # Models are offered tools by names without dots.
    return tool_id.replace(".", "_")


def _in_order(wants: Sequence[Call], calls: Sequence[Call]) -> list[Call]:
    """Return the longest run of expected calls that were made in this order, others in between."""
    best: list[list[Call]] = [[] for _ in range(len(calls) + 1)]
    for want in wants:
        before = best
        best = [[]]
        for i, call in enumerate(calls):
            taken = [*before[i], want] if want.fits(call) else []
            best.append(max(taken, before[i + 1], best[i], key=len))
    return best[-1]


def _in_any_order(wants: Sequence[Call], calls: Sequence[Call]) -> list[Call]:
    left, found = list(calls), []
    # Those that ask for more are served first: a bare name would take what only they can use.
    for want in sorted(wants, key=lambda w: -len(w.arguments or {})):
        if (hit := next((c for c in left if want.fits(c)), None)) is not None:
            left.remove(hit)
            found.append(want)
    return found


class _OfCalls:
    def __init__(self, context: PluginContext) -> None:
        """Nothing is kept of the context."""


@scorer("evals.tool_calls")
class ToolCalls(_OfCalls):
    """How well the tool calls are the expected ones: the F1 of those expected and those made.

    ``expected.tools`` is a list of ids, or of ``{"name", "arguments"}`` of which every named argument must be as it
    says; ``{"order": "strict", "calls": […]}`` counts only what comes in this order.
    """

    async def score(self, sample: Sample) -> Score:
        """Return 2·hits / (expected + made); 1 where none were expected and none made. Raises InputError."""
        if (value := wanted(sample, "tools")) is None:
            return unfit("expected tools")
        (wants, strict), calls = expected(value, "tools"), made(sample)
        hits = (_in_order if strict else _in_any_order)(wants, calls)
        total = len(wants) + len(calls)
        return _told(2 * len(hits) / total if total else 1.0, wants, calls, hits)


@scorer("evals.trajectory")
class Trajectory(_OfCalls):
    """How much of the expected way was gone, in order: 1 whatever was done besides, as often as it was needed."""

    async def score(self, sample: Sample) -> Score:
        """Return the share of ``expected.trajectory`` that was gone in its order. Raises InputError."""
        if (value := wanted(sample, "trajectory")) is None:
            return unfit("expected trajectory")
        wants, calls = expected(value, "trajectory")[0], made(sample)
        hits = _in_order(wants, calls)
        return _told(len(hits) / len(wants) if wants else 1.0, wants, calls, hits)


def _told(value: float, wants: Sequence[Call], calls: Sequence[Call], hits: Sequence[Call]) -> Score:
    did = ", ".join(map(str, calls)) or "nothing"
    reason = f"{len(hits)} of {len(wants)} expected calls; called {did}"[:1000]
    return Score(value, reason, {"expected": [str(w) for w in wants], "made": [str(c) for c in calls]})
