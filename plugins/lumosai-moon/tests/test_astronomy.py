"""The moon, against times published for it.

New and full moons at eclipses are from NASA's catalogues of solar and lunar eclipses (Espenak), rounded to minutes of
UTC; those of 6 and 21 January 2000 and of 2026 from almanacs; that of 18 February 1977 is Meeus's example 49.a.
"""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from lumosai_moon import astronomy
from lumosai_moon.report import in_words, moon_on, read_date
from lumosai_sdk import InputError

NEW_MOONS = [
    "1977-02-18 03:37",
    "1999-08-11 11:09",
    "2000-01-06 18:14",
    "2017-08-21 18:30",
    "2019-07-02 19:16",
    "2023-10-14 17:55",
    "2024-04-08 18:21",
    "2026-08-12 17:37",
    "2027-08-02 10:05",
]
FULL_MOONS = [
    "2000-01-21 04:40",
    "2018-07-27 20:20",
    "2019-01-21 05:16",
    "2022-11-08 11:02",
    "2023-08-31 01:36",
    "2024-01-25 17:54",
    "2024-10-17 11:26",
    "2025-03-14 06:55",
    "2025-09-07 18:09",
    "2026-03-03 11:38",
]
TOLERANCE = timedelta(minutes=5)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("published", NEW_MOONS)
@pytest.mark.parametrize("days", [0.1, 3, 15, 29])
def test_new_moons(published: str, days: float) -> None:
    when = utc(published)
    assert abs(astronomy.new_moon_after(when - timedelta(days=days)) - when) < TOLERANCE
    assert abs(astronomy.new_moon_before(when + timedelta(days=days)) - when) < TOLERANCE


@pytest.mark.parametrize("published", FULL_MOONS)
@pytest.mark.parametrize("days", [0.1, 3, 15, 29])
def test_full_moons(published: str, days: float) -> None:
    when = utc(published)
    assert abs(astronomy.full_moon_after(when - timedelta(days=days)) - when) < TOLERANCE


@pytest.mark.parametrize(("times", "lit", "angle"), [(NEW_MOONS, 0.0, 0.0), (FULL_MOONS, 1.0, 180.0)])
def test_the_two_formulas_agree(times: list[str], lit: float, angle: float) -> None:
    for published in times:
        when = utc(published)
        assert astronomy.illumination(when) == pytest.approx(lit, abs=0.001)
        off = (astronomy.elongation(when) - angle + 180) % 360 - 180
        assert abs(off) < 0.5


def test_the_lit_part_of_meeus_example_48_a() -> None:
    # 12 April 1992, 0h TD: 0.6786.
    assert astronomy.illumination(utc("1992-04-12 00:00")) == pytest.approx(0.6786, abs=0.005)


def test_a_century_of_moons_comes_in_turns() -> None:
    when = utc("1999-12-31 00:00")
    for _ in range(1236):
        new = astronomy.new_moon_after(when)
        full = astronomy.full_moon_after(new)
        assert timedelta(days=13.8) < full - new < timedelta(days=15.7)
        assert timedelta(days=29.2) < astronomy.new_moon_after(full) - new < timedelta(days=29.9)
        when = full
    assert when.year == 2099


@pytest.mark.parametrize(
    ("day", "phase"),
    [
        ("2026-11-09", "New moon"),
        ("2026-11-12", "Waxing crescent"),
        ("2026-11-17", "First quarter"),
        ("2026-11-20", "Waxing gibbous"),
        ("2026-11-24", "Full moon"),
        ("2026-11-27", "Waning gibbous"),
        ("2026-12-01", "Last quarter"),
        ("2026-12-05", "Waning crescent"),
        ("2024-04-08", "New moon"),
        ("2025-03-14", "Full moon"),
    ],
)
def test_phases_by_name(day: str, phase: str) -> None:
    assert moon_on(date.fromisoformat(day))["phase"] == phase


def test_each_principal_phase_is_named_on_one_day_of_each_month() -> None:
    days = [moon_on(date(2026, 1, 1) + timedelta(days=n))["phase"] for n in range(365)]
    for phase in ("New moon", "First quarter", "Full moon", "Last quarter"):
        assert 12 <= days.count(phase) <= 13
    assert not any(a == b for a, b in itertools.pairwise(days) if a in {"New moon", "Full moon"})


def test_a_report() -> None:
    report = moon_on(date(2026, 11, 22))
    assert report["illumination_percent"] == pytest.approx(93.7, abs=0.5)
    assert report["age_days"] == pytest.approx(13.2, abs=0.1)
    assert report["next_full_moon"].startswith("2026-11-24 14:5")
    assert report["next_new_moon"].startswith("2026-12-09 00:5")
    assert "Waxing gibbous" in in_words(report)


def test_the_full_moon_of_today_is_the_next_one() -> None:
    assert moon_on(date(2026, 11, 24))["next_full_moon"].startswith("2026-11-24")


@pytest.mark.parametrize(
    "text", ["tomorrow", "2026-02-30", "24.11.2026", "1899-12-31", "2101-01-01", "9999-12-31", "1"]
)
def test_what_is_no_date_here(text: str) -> None:
    with pytest.raises(InputError):
        read_date(text)


def test_an_empty_date_is_today() -> None:
    before = datetime.now(UTC).date()
    assert before <= read_date(" ") <= datetime.now(UTC).date()


@pytest.mark.parametrize("year", [1900, 2100])
def test_the_first_and_last_days(year: int) -> None:
    assert moon_on(date(year, 1, 1))["age_days"] < 30
    assert moon_on(date(year, 12, 31))["age_days"] < 30
