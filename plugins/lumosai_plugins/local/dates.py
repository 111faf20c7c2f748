"""Find a day in an English request: written out, relative to today, or a weekday."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from lumosai_plugins.local.lexicon import words

if TYPE_CHECKING:
    from collections.abc import Callable

_MONTHS = words("january february march april may june july august september october november december")
_DAYS = words("monday tuesday wednesday thursday friday saturday sunday")
_MONTH = "|".join(f"{m}|{m[:3]}" for m in _MONTHS) + "|sept"
_DAY = "|".join(_DAYS)
_COUNTS = {w: i for i, w in enumerate(words("zero one two three four five six seven eight nine ten"))} | {
    "a": 1,
    "an": 1,
}
_COUNT = rf"(\d{{1,4}}|{'|'.join(_COUNTS)})"
_SPAN = {"day": 1, "week": 7}
_WEEK = 7


def find_date(text: str, today: date) -> date | None:
    """Return the day ``text`` speaks of, seen from ``today``; None when it names none."""
    lowered = text.lower()
    for pattern, read in _PATTERNS:
        for match in pattern.finditer(lowered):
            if (found := _attempt(read, match, today)) is not None:
                return found
    return None


def _attempt(read: Callable[[re.Match[str], date], date], match: re.Match[str], today: date) -> date | None:
    try:
        return read(match, today)
    except (ValueError, OverflowError):  # 31 February, or the year 12000
        return None


def _numbers(match: re.Match[str], _: date) -> date:
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if match[2] == "/" and (first > 12) == (second > 12):  # noqa: PLR2004 - which is the month cannot be told
        raise ValueError(match[0])
    day, month = (first, second) if match[2] == "." or first > 12 else (second, first)  # noqa: PLR2004
    return date(year, month, day)


def _written(day: str, month: str, year: str | None, today: date) -> date:
    number = next(i for i, m in enumerate(_MONTHS, 1) if m.startswith(month[:3]))
    if year:
        return date(int(year), number, int(day))
    found = date(today.year, number, int(day))
    return found if found >= today else date(today.year + 1, number, int(day))


def _in_days(match: re.Match[str], today: date) -> date:
    return today + timedelta(_count(match[1]) * _SPAN[match[2]])


def _days_ago(match: re.Match[str], today: date) -> date:
    return today - timedelta(_count(match[1]) * _SPAN[match[2]])


def _count(word: str) -> int:
    return _COUNTS[word] if word in _COUNTS else int(word)


def _weekday(match: re.Match[str], today: date) -> date:
    ahead = (_DAYS.index(match[2]) - today.weekday()) % _WEEK
    if match[1] == "last":
        return today - timedelta((-ahead) % _WEEK or _WEEK)
    return today + timedelta(ahead or (_WEEK if match[1] == "next" else 0))


def _feast(month: int, day: int) -> Callable[[re.Match[str], date], date]:
    def read(_: re.Match[str], today: date) -> date:
        found = date(today.year, month, day)
        return found if found >= today else date(today.year + 1, month, day)

    return read


def _shift(days: int) -> Callable[[re.Match[str], date], date]:
    return lambda _, today: today + timedelta(days)


_PATTERNS: list[tuple[re.Pattern[str], Callable[[re.Match[str], date], date]]] = [
    (re.compile(r"\b(\d{4}-\d{2}-\d{2})(?!\d)"), lambda m, _: date.fromisoformat(m[1])),
    (re.compile(r"\b(\d{1,2})([./])(\d{1,2})\2(\d{4})\b"), _numbers),
    (
        re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH})\b\.?,?(?: (\d{{4}})\b)?"),
        lambda m, t: _written(m[1], m[2], m[3], t),
    ),
    (
        re.compile(rf"\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}})\b)?"),
        lambda m, t: _written(m[2], m[1], m[3], t),
    ),
    (re.compile(r"\bday after tomorrow\b"), _shift(2)),
    (re.compile(r"\bday before yesterday\b"), _shift(-2)),
    (re.compile(r"\b(?:tomorrow|tmrw)\b"), _shift(1)),
    (re.compile(r"\b(?:yesterday|last night)\b"), _shift(-1)),
    (re.compile(rf"\bin {_COUNT} (day|week)s?\b"), _in_days),
    (re.compile(rf"\b{_COUNT} (day|week)s? ago\b"), _days_ago),
    (re.compile(rf"\b(?:(next|last|this|on|by|until) )?({_DAY})\b"), _weekday),
    (re.compile(r"\bnext week\b"), _shift(_WEEK)),
    (re.compile(r"\bchristmas eve\b"), _feast(12, 24)),
    (re.compile(r"\bchristmas\b"), _feast(12, 25)),
    (re.compile(r"\bnew year'?s eve\b"), _feast(12, 31)),
    (re.compile(r"\bnew year(?:'?s day)?\b"), _feast(1, 1)),
    (re.compile(r"\b(?:today|tonight|now|currently|this (?:morning|afternoon|evening|night))\b"), _shift(0)),
]
