"""Read a tool's result as facts, and check that a sentence about them says nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lumosai_plugins.local.lexicon import words

MAX_FACTS = 24
SHORT = 120
"""A value up to this long is a fact; anything longer, or of several lines, is a text."""

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_A_MOMENT = re.compile(r"\b\d{1,2}:\d\d\b|\b\d{4}-\d\d-\d\d\b|\b\d{1,2} [A-Z][a-z]{2,8} \d{4}\b")
_LISTING = re.compile(r"\n|;|[^\W\d]:\s")
_NEGATION = re.compile(r"\b(?:no|not|never|none|nothing|cannot|without|neither)\b|n['’]t\b", re.IGNORECASE)
_FILLER = frozenset(
    words(
        "a an and are as at be been by can currently for from has have here in is it it's its of on or our that the"
        " there this to was we were which will with would you your i result answer equals equal value exactly"
        " about total sum"
    )
)
_KNOWN_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Fact:
    """A named value of a result; a result that is one value has no name."""

    name: str
    value: str

    @property
    def in_words(self) -> bool:
        """Whether the value is said in words rather than in figures."""
        return bool(re.search(r"[^\W\d_]", self.value)) and not re.search(r"\d", self.value)

    @property
    def is_moment(self) -> bool:
        """Whether the value is a day or a time."""
        return bool(_A_MOMENT.search(self.value))

    def __str__(self) -> str:
        return f"{self.name}: {self.value}" if self.name else self.value


def facts_of(content: str) -> list[Fact]:
    """Return the facts of a result, or nothing when it is a text to be read as it stands."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = content.strip()
    found: list[Fact] = []
    if _collect("", value, found) and 0 < len(found) <= MAX_FACTS:
        return found
    return []


def _collect(name: str, value: Any, found: list[Fact]) -> bool:
    """Add the facts in ``value``; False as soon as something is too long, or of a shape, to be one."""
    if isinstance(value, dict):
        named = ((f"{name} {k}".strip().replace("_", " "), v) for k, v in value.items())
        return all(len(found) <= MAX_FACTS and _collect(n, v, found) for n, v in named)
    if isinstance(value, list):
        if not all(isinstance(v, str | int | float) for v in value) or not value:
            return not value
        value = ", ".join(words_of(v) for v in value)
    words = words_of(value)
    found.append(Fact(name, words))
    return 0 < len(words) <= SHORT and "\n" not in words


def words_of(value: Any) -> str:
    """Return a value as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - exact up to there
        return str(int(value))
    return _moment(value.strip()) if isinstance(value, str) else str(value)


def _moment(text: str) -> str:
    """Write an ISO 8601 date or time, the latter perhaps with " UTC" behind it, as people do."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return _day(date.fromisoformat(text))
        if match := re.fullmatch(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*)( UTC)?", text):
            when = datetime.fromisoformat(match[1])
            return f"{when:%H:%M}{match[2] or ''} on {_day(when)}"
    except ValueError:
        pass
    return re.sub(r"^(\d\d:\d\d):\d\d$", r"\1", text)


def _day(when: date) -> str:
    return f"{_WEEKDAYS[when.weekday()]}, {when.day} {_MONTHS[when.month - 1]} {when.year}"


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def is_faithful(sentence: str, musts: list[Fact], mays: list[Fact], question: str) -> bool:
    """Tell whether ``sentence`` gives the facts it must, no number or denial from elsewhere, and little else.

    Numbers of further facts are refused as well: a small model mistakes the high for the low.
    """
    told = " ".join(map(str, [*musts, *mays]))
    known, said = _plain(f"{question} {told}"), _plain(sentence)
    return (
        all(re.search(rf"(?<![\w.]){re.escape(_plain(f.value))}(?!\w|\.\d)", said) for f in musts)
        and not _LISTING.search(sentence.strip())
        and set(_NUMBER.findall(said)) <= set(_NUMBER.findall(known))
        and (not _NEGATION.search(sentence) or _NEGATION.search(told) is not None)
        and _mostly_known(said, known)
    )


def _mostly_known(said: str, known: str) -> bool:
    words = [w for w in re.findall(r"[^\W\d_]+", said) if w not in _FILLER]
    stems = {w[:5] for w in re.findall(r"[^\W\d_]+", known)}
    return sum(w[:5] in stems for w in words) >= _KNOWN_SHARE * len(words)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.lower().replace("°", " ")).split())
