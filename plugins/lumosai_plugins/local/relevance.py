"""Which facts of a result bear on the question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lumosai_plugins.local.facts import Fact, words_of

if TYPE_CHECKING:
    from lumosai_plugins.local.route import Router

MOST = 4


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool was asked and what it said."""

    tool: str
    content: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


_BOOKKEEPING = frozenset({"unix", "iso", "id", "utc offset", "timestamp", "status", "version", "emoji"})
_PLACE = frozenset({"timezone", "city", "location", "unit", "units", "name"})
_SETTING = _PLACE | {"date", "day", "weekday", "time"}
_WHEN = re.compile(r"\b(?:when|what time|how late|(?:what|which) (?:day|date)|date|time)\b", re.IGNORECASE)
_HOW = re.compile(r"\bhow\s+(?!are|do|does|is|can|about)\w+|\bpercent|\bnumber of\b", re.IGNORECASE)
_KIND_BONUS = 0.3
_NAME_BONUS = 0.6


@dataclass(frozen=True, slots=True)
class Bearing:
    """The facts that bear on a question, the main one first; those an answer must give, and those it may besides."""

    facts: list[Fact]
    musts: list[Fact]
    mays: list[Fact]


def bearing(question: str, facts: list[Fact], call: ToolResult, router: Router) -> Bearing:
    """Choose among ``facts`` of a result. What the tool was told is no answer, so such facts come last."""
    useful = [f for f in facts if f.name not in _BOOKKEEPING] or facts
    useful = [f for f in useful if not _is_in_another(f, useful)]
    if len(useful) > 1:
        names = router.nearest(question, [_own_words(f, call) for f in useful])
        wholes = router.nearest(question, [str(f) for f in useful])
        scores = [n + w + _weight(question, f, call) for n, w, f in zip(names, wholes, useful, strict=True)]
        order = sorted(range(len(useful)), key=lambda i: -scores[i])
        useful = [useful[i] for i in order[:MOST]]
    main, *others = useful
    musts = [main, *(f for f in others if _is_told_in_words(question, f, call))]
    return Bearing(useful, musts, [f for f in others if f.name in _SETTING])


def _is_told_in_words(question: str, fact: Fact, call: ToolResult) -> bool:
    """Tell whether an answer would be half without ``fact``: said in words, and no figure or moment was asked for."""
    plain = _HOW.search(question) or _WHEN.search(question) or _is_echo(fact, question, call)
    return fact.in_words and not plain


def _own_words(fact: Fact, call: ToolResult) -> str:
    """Return the fact's name without the words of the tool's: of ``moon.phase`` every fact is about the moon."""
    tool = set(re.findall(r"[a-z]+", call.tool.lower()))
    return " ".join(w for w in fact.name.split() if w.lower() not in tool) or fact.name


def _weight(question: str, fact: Fact, call: ToolResult) -> float:
    asked = {w[:5] for w in re.findall(r"[a-z]+", question.lower())}
    name = [w[:5] for w in re.findall(r"[a-z]+", fact.name.lower())]
    named = sum(w in asked for w in name) / len(name) if name else 0.0
    purpose = _KIND_BONUS if fact.name and fact.name.lower() in re.split(r"[^a-z]+", call.tool.lower()) else 0.0
    echo = 1.0 if _is_echo(fact, question, call) else 0.0
    return _NAME_BONUS * named**2 + _kind_bonus(question, fact) + purpose - echo


def _kind_bonus(question: str, fact: Fact) -> float:
    """Return what speaks for a moment where the question is when, for a figure where it is how much, else for words."""
    if fact.is_moment:
        return _KIND_BONUS if _WHEN.search(question) else -_KIND_BONUS
    if fact.in_words:
        return 0.0 if _HOW.search(question) or _WHEN.search(question) else _KIND_BONUS / 2
    return _KIND_BONUS if _HOW.search(question) else 0.0


def _is_in_another(fact: Fact, facts: list[Fact]) -> bool:
    return any(fact.value != f.value and re.search(rf"\b{re.escape(fact.value)}\b", f.value) for f in facts)


def _is_echo(fact: Fact, question: str, call: ToolResult) -> bool:
    told = {words_of(v).lower() for v in call.arguments.values()}
    return fact.value.lower() in told or fact.value.lower() in question.lower() or fact.name in _PLACE
