"""What the moon is like on a date: the one answer that tool, route, step, command and panel all give."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TypedDict

from lumosai_moon import astronomy
from lumosai_sdk import InputError

FIRST_YEAR, LAST_YEAR = 1900, 2100
_QUARTER = 90
_EMOJI = {
    "New moon": "🌑",
    "Waxing crescent": "🌒",
    "First quarter": "🌓",
    "Waxing gibbous": "🌔",
    "Full moon": "🌕",
    "Waning gibbous": "🌖",
    "Last quarter": "🌗",
    "Waning crescent": "🌘",
}
_BETWEEN = ("Waxing crescent", "Waxing gibbous", "Waning gibbous", "Waning crescent")


class MoonReport(TypedDict):
    """The moon at noon UTC of a date; the four principal phases are named on the day (UTC) they fall on."""

    date: str
    phase: str
    emoji: str
    illumination_percent: float
    age_days: float
    next_new_moon: str
    next_full_moon: str


def read_date(text: str) -> date:
    """Return the date *text* tells, today (UTC) if it is empty. Raises InputError."""
    if not text.strip():
        return datetime.now(UTC).date()
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{text[:40]!r} is no date", hint="write it as YYYY-MM-DD, for example 2026-11-24") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InputError(f"the moon is known here for the years {FIRST_YEAR} to {LAST_YEAR}, not {day.year}")
    return day


def moon_on(day: date) -> MoonReport:
    """Return what the moon is like on a date."""
    start = datetime.combine(day, time(), UTC)
    noon = start + timedelta(hours=12)
    name = _phase_name(start)
    return {
        "date": day.isoformat(),
        "phase": name,
        "emoji": _EMOJI[name],
        "illumination_percent": round(100 * astronomy.illumination(noon), 1),
        "age_days": round((noon - astronomy.new_moon_before(noon)) / timedelta(days=1), 1),
        "next_new_moon": _minute(astronomy.new_moon_after(start)),
        "next_full_moon": _minute(astronomy.full_moon_after(start)),
    }


def in_words(report: MoonReport) -> str:
    """Return a report as a sentence."""
    return (
        f"{report['emoji']} {report['date']}: {report['phase']}, {report['illumination_percent']} % lit, "
        f"{report['age_days']} days old; full moon on {report['next_full_moon']}"
    )


def _phase_name(start: datetime) -> str:
    end = start + timedelta(days=1)
    if astronomy.new_moon_after(start) < end:
        return "New moon"
    if astronomy.full_moon_after(start) < end:
        return "Full moon"
    first, last = astronomy.elongation(start), astronomy.elongation(end)
    if first < _QUARTER <= last:
        return "First quarter"
    if first < 3 * _QUARTER <= last:
        return "Last quarter"
    return _BETWEEN[int(astronomy.elongation(start + timedelta(hours=12)) // _QUARTER)]


def _minute(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M UTC")
