"""Which facts of a result bear on the question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lumosai_plugins.local.facts import Fact, words_of

if TYPE_CHECKING:
    from lumosai_plugins.local.route import Router

MOST = 4
_BOOKKEEPING = frozenset({"unix", "iso", "id", "utc offset", "timestamp", "status", "version", "emoji"})
_SETTING = frozenset({"timezone", "city", "location", "unit", "units", "name"})
_WHEN = re.compile(r"\b(?:when|what time|how late|(?:what|which) (?:day|date)|date|time)\b", re.IGNORECASE)
_HOW = re.compile(r"\bhow\s+(?!are|do|does|is|can|about)\w+|\bpercent|\bnumber of\b", re.IGNORECASE)
_KIND_BONUS = 0.3
_NAME_BONUS = 0.6


def relevant(question: str, facts: list[Fact], told: Mapping[str, Any], router: Router) -> list[Fact]:
    """Return the facts that bear most on ``question``, the main one first.

    ``told`` are the arguments of the call: what the tool was told is no answer.
    """
    useful = [f for f in facts if f.name not in _BOOKKEEPING] or facts
    useful = [f for f in useful if not _is_in_another(f, useful)]
    if len(useful) == 1:
        return useful
    names = router.nearest(question, [f.name for f in useful])
    wholes = router.nearest(question, [str(f) for f in useful])
    scores = [n + w + _weight(question, f, told) for n, w, f in zip(names, wholes, useful, strict=True)]
    order = sorted(range(len(useful)), key=lambda i: -scores[i])
    return [useful[i] for i in order[:MOST]]


def musts(facts: list[Fact], question: str, told: Mapping[str, Any]) -> list[Fact]:
    """Return what an answer may not leave out: the main fact, and whatever else was said in words."""
    return [facts[0], *(f for f in facts[1:] if f.in_words and not _is_echo(f, question, told))]


def _weight(question: str, fact: Fact, told: Mapping[str, Any]) -> float:
    asked = {w[:5] for w in re.findall(r"[a-z]+", question.lower())}
    name = [w[:5] for w in re.findall(r"[a-z]+", fact.name.lower())]
    named = sum(w in asked for w in name) / len(name) if name else 0.0
    return _NAME_BONUS * named**2 + _kind_bonus(question, fact) - (1.0 if _is_echo(fact, question, told) else 0.0)


def _kind_bonus(question: str, fact: Fact) -> float:
    """Return what speaks for a moment where the question is when, for a figure where it is how much, else for words."""
    if fact.is_moment:
        return _KIND_BONUS if _WHEN.search(question) else -_KIND_BONUS
    if fact.in_words:
        return 0.0 if _HOW.search(question) or _WHEN.search(question) else _KIND_BONUS / 2
    return _KIND_BONUS if _HOW.search(question) else 0.0


def _is_in_another(fact: Fact, facts: list[Fact]) -> bool:
    return any(fact.value != f.value and re.search(rf"\b{re.escape(fact.value)}\b", f.value) for f in facts)


def _is_echo(fact: Fact, question: str, told: Mapping[str, Any]) -> bool:
    value = fact.value.lower()
    return value in {words_of(v).lower() for v in told.values()} or value in question.lower() or fact.name in _SETTING
