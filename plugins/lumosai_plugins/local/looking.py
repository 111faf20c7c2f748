"""Looking things up: which tools answer questions from texts, and the sentences of what they found that answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumosai_plugins.local.evidence import properties
from lumosai_plugins.local.kinds import core, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumosai_plugins.local.route import Router
    from lumosai_sdk.types.tools import ToolSpec

FAR = 0.25
"""Below this likeness a sentence does not answer a question."""
_BESIDE = 0.2
"""How much less alike the sentence beside the best one may be to be told as well."""
_SEARCHES = re.compile(r"(?:.*[._-])?(?:search|look_?up|retrieve|recall)\w*\Z", re.IGNORECASE)
_ASKS = re.compile(r"\?\s*\Z|\A(?:who|what|when|where|which|whose|how|may|must|should)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_MOST_ROWS, _MOST_SENTENCES, _MOST_CHARS = 32, 400, 100_000


def asks(text: str) -> bool:
    """Tell whether a request is a question."""
    return _ASKS.search(text.strip()) is not None


def searches(tool: ToolSpec) -> bool:
    """Tell whether a tool looks something up, and does no more than that."""
    return _SEARCHES.match(tool.id) is not None and not tool.side_effects and tool.approval == "never"


def question_of(tool: ToolSpec) -> str | None:
    """Return the parameter by which a tool is asked a question that it looks up; None for tools of other uses."""
    if not searches(tool):
        return None
    parameters = properties(tool.input_schema)
    required = [str(name) for name in tool.input_schema.get("required") or () if name in parameters]
    if len(required) != 1 or kind_of(required[0], core(parameters[required[0]])) != "question":
        return None
    return required[0]


@dataclass(frozen=True, slots=True)
class _Row:
    text: str
    number: int
    where: str


def quoted(question: str, content: str, router: Router) -> str | None:
    """Return the sentences of numbered passages that answer a question, with their source.

    Passages are lines of JSON with ``text``, and perhaps ``number`` and ``where``; None where there are none.
    """
    rows = _rows(content[:_MOST_CHARS])
    if not rows:
        return None
    found = [(n, s) for n, row in enumerate(rows) for s in _sentences(row.text)][:_MOST_SENTENCES]
    if not found:
        return None
    near = router.nearest(question, [s for _, s in found])
    best = max(range(len(found)), key=near.__getitem__)
    if near[best] < FAR:
        return "Nothing that was found answers this."
    row = rows[found[best][0]]
    told = " ".join(found[i][1] for i in _with_neighbour(best, [n for n, _ in found], near))
    source = f"\n\n[{row.number}] {row.where}" if row.where else ""
    return f"{told} [{row.number}]{source}"


def _with_neighbour(best: int, rows: Sequence[int], near: Sequence[float]) -> list[int]:
    """Return the best sentence, with the one beside it in the same passage that is nearly as good."""
    beside = [i for i in (best - 1, best + 1) if 0 <= i < len(rows) and rows[i] == rows[best]]
    beside = [i for i in beside if near[i] >= max(FAR, near[best] - _BESIDE)]
    return sorted([best, *sorted(beside, key=near.__getitem__)[-1:]])


def _rows(content: str) -> list[_Row]:
    out: list[_Row] = []
    for line in content.splitlines():
        value = _parsed(line) if line.startswith("{") else None
        if isinstance(value, dict) and isinstance(value.get("text"), str):
            number = value["number"] if type(value.get("number")) is int else len(out) + 1
            out.append(_Row(value["text"], number, str(value.get("where", ""))))
    return out[:_MOST_ROWS]


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text, without its headings."""
    pieces = (p.strip() for p in _SENTENCE.split(text))
    return [p[:500] for p in pieces if p and not p.startswith("#")]
