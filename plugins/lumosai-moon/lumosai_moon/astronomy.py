"""Where the moon is in its cycle, after Jean Meeus, *Astronomical Algorithms*, 2nd edition (1998).

New and full moons by chapter 49 with its main terms, the lit part of the disc by formula 48.4. Good to some minutes for
the years 1900 to 2100. Nothing here knows of LumosAI.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import cos, floor, radians, sin
from typing import Final

EPOCH: Final = datetime(2000, 1, 1, 12, tzinfo=UTC)
_EPOCH_JD: Final = 2451545.0
_DAYS_A_CENTURY: Final = 36525.0
_LUNATIONS_A_CENTURY: Final = 1236.85
_SYNODIC_MONTH: Final = 29.530588861
# Dynamical time runs ahead of universal time: by 64 s in 2000, 69 s in 2026, -3 s in 1900, perhaps 200 s in 2100.
_DELTA_T: Final = timedelta(seconds=69)

# Chapter 49: days to add for a new moon and for a full moon, the multiples of M', M and F in the argument, and the
# power of E (the Earth's orbit becoming rounder). What is left out adds up to less than two minutes.
_TERMS: Final = (
    (-0.40720, -0.40614, (1, 0, 0), 0),
    (0.17241, 0.17302, (0, 1, 0), 1),
    (0.01608, 0.01614, (2, 0, 0), 0),
    (0.01039, 0.01043, (0, 0, 2), 0),
    (0.00739, 0.00734, (1, -1, 0), 1),
    (-0.00514, -0.00515, (1, 1, 0), 1),
    (0.00208, 0.00209, (0, 2, 0), 2),
    (-0.00111, -0.00111, (1, 0, -2), 0),
    (-0.00057, -0.00057, (1, 0, 2), 0),
    (0.00056, 0.00056, (2, 1, 0), 1),
    (-0.00042, -0.00042, (3, 0, 0), 0),
    (0.00042, 0.00042, (0, 1, 2), 1),
    (0.00038, 0.00038, (0, 1, -2), 1),
    (-0.00024, -0.00024, (2, -1, 0), 1),
)


def new_moon_after(when: datetime) -> datetime:
    """Return the first new moon at or after a time (UTC)."""
    return _first_after(when, full=False)


def full_moon_after(when: datetime) -> datetime:
    """Return the first full moon at or after a time (UTC)."""
    return _first_after(when, full=True)


def new_moon_before(when: datetime) -> datetime:
    """Return the last new moon before a time (UTC)."""
    k = _lunation(when) + 2
    while (moment := _true_phase(k, full=False)) >= when:
        k -= 1
    return moment


def elongation(when: datetime) -> float:
    """Return how far the moon is ahead of the sun, in degrees: 0 new, 90 first quarter, 180 full, 270 last quarter."""
    t = _centuries(when)
    d = 297.8501921 + 445267.1114034 * t
    m = 357.5291092 + 35999.0502909 * t
    m1 = 134.9633964 + 477198.8675055 * t
    waves = ((6.289, m1), (-2.100, m), (1.274, 2 * d - m1), (0.658, 2 * d), (0.214, 2 * m1), (0.110, d))
    return (d + sum(size * sin(radians(angle)) for size, angle in waves)) % 360


def illumination(when: datetime) -> float:
    """Return the lit part of the disc, from 0 to 1."""
    return (1 - cos(radians(elongation(when)))) / 2


def _first_after(when: datetime, *, full: bool) -> datetime:
    k = _lunation(when) - 2
    while (moment := _true_phase(k, full=full)) < when:
        k += 1
    return moment


def _lunation(when: datetime) -> int:
    """Return about how many lunations after the new moon of 6 January 2000 a time is."""
    return floor((when - EPOCH) / timedelta(days=_SYNODIC_MONTH))


def _centuries(when: datetime) -> float:
    return (when + _DELTA_T - EPOCH) / timedelta(days=_DAYS_A_CENTURY)


def _true_phase(k: int, *, full: bool) -> datetime:
    n = k + 0.5 if full else float(k)
    t = n / _LUNATIONS_A_CENTURY
    mean = 2451550.09766 + _SYNODIC_MONTH * n + 0.00015437 * t**2
    m = 2.5534 + 29.10535670 * n - 0.0000014 * t**2
    m1 = 201.5643 + 385.81693528 * n + 0.0107582 * t**2
    f = 160.7108 + 390.67050284 * n - 0.0016118 * t**2
    node = 124.7746 - 1.56375588 * n + 0.0020672 * t**2
    e = 1 - 0.002516 * t - 0.0000074 * t**2
    days = mean - 0.00017 * sin(radians(node))
    for new, at_full, (of_m1, of_m, of_f), power in _TERMS:
        size = (at_full if full else new) * e**power
        days += size * sin(radians(of_m1 * m1 + of_m * m + of_f * f))
    return EPOCH + timedelta(days=days - _EPOCH_JD) - _DELTA_T
