"""Say a tool's result in answer to the question.

SmolLM2 may phrase it, in one sentence from the facts that bear on the question; the sentence is only used if it gives the
main fact and adds no number, no denial and hardly a word of its own. Otherwise a plain sentence is built from the result.
Texts are quoted, never retold: what this model retells it gets wrong.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lumosai_plugins.local.facts import Fact, facts_of, is_faithful, words_of
from lumosai_plugins.local.kinds import kind_of
from lumosai_plugins.local.llama import Generation
from lumosai_plugins.local.prompt import chat

if TYPE_CHECKING:
    from lumosai_plugins.local.llama import Generated, Llama
    from lumosai_plugins.local.route import Router

_MAX_TOKENS = 60
_MOST = 4
_WHOLE = 1200
_PASSAGES = 4
_MAX_TEXT = 100_000
_MAX_PASSAGES = 400
_FAILED = re.compile(r"^\W*(?:error|failed|exception|denied|refused)\b", re.IGNORECASE)
_BOOKKEEPING = frozenset({"unix", "iso", "id", "utc offset", "timestamp", "status", "version"})
_SETTING = frozenset({"timezone", "city", "location", "unit", "units", "name"})
_EXAMPLES = (
    (
        ("How late is it in Rome?", "time: 14:30; date: Friday, 2 January 2026; timezone: Europe/Rome"),
        "It is 14:30 in Rome, on Friday, 2 January 2026.",
    ),
    (("How long is the bridge?", "length: 320; unit: m; name: Old Bridge"), "The Old Bridge is 320 m long."),
)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool was asked and what it said."""

    tool: str
    content: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


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
    if not facts:
        return Answer(_told(question, result, router))
    relevant = _relevant(question, facts, result, router)
    if len(facts) == 1 and (plain := _known_shape(facts[0], result)):
        return Answer(plain)
    asked = await (await llama()).generate(_phrasing(question, relevant))
    said = asked.text.strip()
    if is_faithful(said, _musts(relevant, question, result), relevant, question):
        return Answer(said, asked)
    return Answer(_sentence(relevant, result), asked)


def _told(question: str, result: ToolResult, router: Router) -> str:
    content = result.content.strip()
    if not content:
        return "It is done; the tool had nothing to say."
    if _FAILED.match(content):
        return f"That did not work. {content}"
    if facts := facts_of(content):
        return _sentence(_relevant(question, facts, result, router), result)
    return content if len(content) <= _WHOLE else _passages(question, content, router)


def _relevant(question: str, facts: list[Fact], result: ToolResult, router: Router) -> list[Fact]:
    """Return the facts that bear most on the question, the main one first. What the tool was told is no answer."""
    useful = [f for f in facts if f.name not in _BOOKKEEPING] or facts
    useful = [f for f in useful if not _is_in_another(f, useful)]
    if len(useful) == 1:
        return useful
    names = router.nearest(question, [f.name for f in useful])
    wholes = router.nearest(question, [str(f) for f in useful])
    echoes = [1.0 if _is_echo(f, question, result) else 0.0 for f in useful]
    order = sorted(range(len(useful)), key=lambda i: echoes[i] - names[i] - wholes[i])
    return [useful[i] for i in order[:_MOST]]


def _is_in_another(fact: Fact, facts: list[Fact]) -> bool:
    return any(fact.value != f.value and re.search(rf"\b{re.escape(fact.value)}\b", f.value) for f in facts)


def _is_echo(fact: Fact, question: str, result: ToolResult) -> bool:
    told = {words_of(v).lower() for v in result.arguments.values()}
    return fact.value.lower() in told or fact.value.lower() in question.lower() or fact.name in _SETTING


def _musts(relevant: list[Fact], question: str, result: ToolResult) -> list[Fact]:
    """Return what a sentence may not leave out: the main fact, and whatever else was said in words."""
    others = [f for f in relevant[1:] if f.in_words and not _is_echo(f, question, result)]
    return [relevant[0], *others]


def _phrasing(question: str, facts: list[Fact]) -> Generation:
    turns: list[tuple[str, str]] = []
    for (asked, told), said in _EXAMPLES:
        turns += [("user", _prompt(asked, told)), ("assistant", said)]
    turns.append(("user", _prompt(question[:500], "; ".join(map(str, facts)))))
    return Generation(chat(turns), _MAX_TOKENS, stop=("\n",))


def _prompt(question: str, told: str) -> str:
    return f"Information: {told}\nUsing the information, answer in one sentence: {question}"


def _sentence(facts: list[Fact], result: ToolResult) -> str:
    main, *others = facts
    if plain := _known_shape(main, result):
        return plain
    rest = f" ({', '.join(map(str, others))})" if others else ""
    if main.name:
        return f"The {main.name} is {main.value}{rest}."
    return f"The answer is {main.value}." if len(main.value.split()) < 4 else main.value  # noqa: PLR2004


def _known_shape(fact: Fact, result: ToolResult) -> str | None:
    """Return the sentence for a sum or for what a person was asked: there is only one way to say it."""
    for name, value in result.arguments.items():
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
