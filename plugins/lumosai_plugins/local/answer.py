"""Say a tool's result in answer to the question.

SmolLM2 may phrase it, in one sentence from the facts that bear on the question; the sentence is only used if it gives
the main fact and adds no number, no denial and hardly a word of its own. Otherwise a plain sentence is built from the
result. Texts are quoted, never retold: what this model retells it gets wrong.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumosai_plugins.local.facts import Fact, facts_of, is_faithful
from lumosai_plugins.local.kinds import kind_of
from lumosai_plugins.local.llama import Generation
from lumosai_plugins.local.looking import quoted
from lumosai_plugins.local.prompt import chat
from lumosai_plugins.local.relevance import Bearing, ToolResult, bearing

if TYPE_CHECKING:
    from lumosai_plugins.local.llama import Generated, Llama
    from lumosai_plugins.local.route import Router

_MAX_TOKENS = 60
_WHOLE = 1200
_PASSAGES = 4
_MAX_TEXT = 100_000
_MAX_PASSAGES = 400
_SHORT_WORDS = 3
_FAILED = re.compile(r"^\W*(?:error|failed|exception|denied|refused)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Example:
    question: str
    told: str
    said: str


_MOMENT = _Example("How late is it in Rome?", "time: 14:30; timezone: Europe/Rome", "It is 14:30 in Rome.")
_FIGURE = _Example("How long is the bridge?", "length: 320; unit: m", "The bridge is 320 m long.")
_WORDS = _Example("What colour is the door?", "colour: Dark red", "The door is dark red.")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer, and what SmolLM2 was asked for it (None if nothing)."""

    text: str
    asked: Generated | None = None


async def answer(
    question: str, results: Sequence[ToolResult], router: Router, llama: Callable[[], Awaitable[Llama]]
) -> Answer:
    """Return the answer to ``question`` that ``results`` give; ``llama`` is only called if it is needed."""
    if len(results) != 1:
        return Answer("\n".join(f"{r.tool}: {_told(question, r, router)}" for r in results))
    result = results[0]
    facts = [] if _FAILED.match(result.content) else facts_of(result.content)
    if not facts or (len(facts) == 1 and _known_shape(facts[0], result.arguments)):
        return Answer(_told(question, result, router))
    found = bearing(question, facts, result, router)
    asked: Generated | None = None
    for phrasing in _phrasings(question, found):
        asked = await (await llama()).generate(phrasing)
        if is_faithful(said := asked.text.strip(), found.musts, found.mays, question):
            return Answer(said, asked)
    return Answer(_sentence(found.facts, result), asked)


def _told(question: str, result: ToolResult, router: Router) -> str:
    """Return what a result says, without any phrasing."""
    content = result.content.strip()
    if not content:
        return "It is done; the tool had nothing to say."
    if _FAILED.match(content):
        return f"That did not work. {content}"
    if passages := quoted(question, content, router):
        return passages
    if facts := facts_of(content):
        return _sentence(bearing(question, facts, result, router).facts, result)
    return content if len(content) <= _WHOLE else _passages(question, content, router)


def _phrasings(question: str, found: Bearing) -> tuple[Generation, Generation]:
    """Return a short prompt, and a longer one for when that fails: the first costs a third of the time."""
    main, told = found.facts[0], "; ".join(map(str, (*found.musts, *found.mays[:1])))
    alike = _MOMENT if main.is_moment else _WORDS if main.in_words else _FIGURE
    asked = question[:500]
    return (
        _by_example("Q: {question}\n{told}", (alike,), asked, told),
        _by_example("{told}\nAnswer in one sentence: {question}", (_MOMENT, _FIGURE, _WORDS), asked, told),
    )


def _by_example(form: str, examples: Sequence[_Example], question: str, told: str) -> Generation:
    turns: list[tuple[str, str]] = []
    for e in examples:
        turns += [("user", form.format(question=e.question, told=e.told)), ("assistant", e.said)]
    turns.append(("user", form.format(question=question, told=told)))
    return Generation(chat(turns), _MAX_TOKENS, stop=("\n",))


def _sentence(facts: list[Fact], result: ToolResult) -> str:
    main, *others = facts
    if plain := _known_shape(main, result.arguments):
        return plain
    rest = f" ({', '.join(map(str, others))})" if others else ""
    if main.name:
        return f"The {main.name} is {main.value}{rest}."
    return f"The answer is {main.value}." if len(main.value.split()) <= _SHORT_WORDS else main.value


def _known_shape(fact: Fact, arguments: Mapping[str, Any]) -> str | None:
    """Return the sentence for a sum or for what a person was asked: there is only one way to say it."""
    for name, value in arguments.items():
        kind = kind_of(name, {"type": "string"}) if isinstance(value, str) and not fact.name else None
        if kind == "expression":
            return f"{value} = {fact.value}"
        if kind == "question":
            return f"You said: {fact.value}"
    return None


def _passages(question: str, text: str, router: Router) -> str:
    """Return the passages of a long text that are nearest to the question, in their order."""
    pieces = [p.strip()[:500] for p in re.split(r"\n\s*\n|(?<=[.!?])\s+(?=[A-Z])", text[:_MAX_TEXT]) if p.strip()]
    pieces = pieces[:_MAX_PASSAGES]
    near = router.nearest(question, pieces)
    best = sorted(sorted(range(len(pieces)), key=near.__getitem__)[-_PASSAGES:])
    shown = "\n".join(pieces[i] for i in best)
    return f"{shown}\n[{len(best)} passages of {len(text)} characters]"
