"""What of an agent's tools its model is shown."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from lumosai_plugins.toolsearch.ranking import Ranking
from lumosai_plugins.toolsearch.settings import Settings
from lumosai_sdk.errors import ToolError
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.tools import ToolSpec

FIND = "toolsearch_find"
"""The search tool, as models know it."""
_RANKINGS = 64
_RUNS = 4096
K = TypeVar("K")
V = TypeVar("V")


_rankings: OrderedDict[int, tuple[Sequence[ToolSpec], Ranking]] = OrderedDict()
_runs: OrderedDict[str, Sequence[ToolSpec]] = OrderedDict()
"""Among which tools a run may search. The ids of runs are of one host alone; its hooks and its tool meet here."""


class Shown:
    """Picks tools for models, and searches among them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def pick(self, run_id: str, tools: Sequence[ToolSpec], messages: Sequence[Message]) -> Sequence[ToolSpec]:
        """Return the tools that a model is shown, in the order of the agent's."""
        if len(tools) <= self._settings.threshold or not any(t.id == FIND for t in tools):
            return tools
        _put(_runs, run_id, tools, _RUNS)
        ranking, settings = _ranking(tools), self._settings
        names = {FIND, *ranking.best(_asked(messages), settings.suggested)}
        for name, query in _calls(messages):
            # What it was called before, a vendor wants to know the schema of; what it searched for, it may call now.
            names.update((name,) if query is None else ranking.best(query, settings.found))
        return [t for t in tools if t.id in names or settings.pins(t.id)]

    def search(self, run_id: str, query: str) -> list[ToolSpec] | None:
        """Return the tools of the agent at work that fit a query, best first; None for a run that was not seen."""
        tools = _runs.get(run_id)
        if tools is None:
            return None
        by_name = {t.id: t for t in tools}
        return [by_name[n] for n in _ranking(tools).best(query, self._settings.found) if n != FIND]


def _ranking(tools: Sequence[ToolSpec]) -> Ranking:
    known = _rankings.get(id(tools))
    if known is None or known[0] is not tools:
        known = tools, Ranking(tools)
        _put(_rankings, id(tools), known, _RANKINGS)
    return known[1]


def _put(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)


def _asked(messages: Sequence[Message]) -> str:
    return next((m.text for m in reversed(messages) if m.role == "user"), "")


def _calls(messages: Sequence[Message]) -> Iterable[tuple[str, str | None]]:
    """Yield the calls of a conversation by name; of searches also what they looked for.

    What a search found is worked out again from its query: the conversation is all that outlives a restart, and what
    stands in a result may not be what the tool has said.
    """
    for call in (c for m in messages for c in m.tool_calls):
        yield call.name, _query(call) if call.name == FIND else None


def _query(call: ToolCall) -> str:
    try:
        return str(call.parse().get("query", ""))
    except ToolError:  # it found nothing either
        return ""
