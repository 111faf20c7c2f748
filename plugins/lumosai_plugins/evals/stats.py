"""What the results of an experiment come to, and how two of them differ."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

Result = Mapping[str, Any]
_RESAMPLES = 2000
_DRAWS = 2_000_000


def quantile(values: Sequence[float], q: float) -> float:
    """Return the quantile by linear interpolation; 0 of nothing."""
    if not values:
        return 0.0
    ordered = sorted(values)
    at = q * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def value_of(result: Result, scorer: str) -> float | None:
    """Return an item's score; a run that failed scores 0: an agent gets no better by failing where it is bad."""
    if result.get("error"):
        return 0.0
    value = (result.get("scores", {}).get(scorer) or {}).get("value")
    return None if value is None else float(value)


def _of_scorer(results: Sequence[Result], scorer: str) -> dict[str, Any]:
    values = [v for r in results if (v := value_of(r, scorer)) is not None]
    failures = sum("error" in (r.get("scores", {}).get(scorer) or {}) for r in results)
    out: dict[str, Any] = {"count": len(values), "failures": failures, "mean": None, "p10": None}
    if values:
        out |= {"mean": fmean(values), "p10": quantile(values, 0.1)}
    return out


def summary(results: Sequence[Result], scorers: Sequence[str]) -> dict[str, Any]:
    """Return the aggregates: per scorer mean, p10, count and failures; runs that failed, cost, tokens and time."""
    by = {s: _of_scorer(results, s) for s in scorers}
    means = [v["mean"] for v in by.values() if v["mean"] is not None]
    seconds = [float(r["seconds"]) for r in results if not r.get("error")]
    usages = [r.get("usage", {}) for r in results]
    costs = [u["cost"] for u in usages if u.get("cost") is not None]
    return {
        "items": len(results),
        "failed": sum(bool(r.get("error")) for r in results),
        "score": fmean(means) if means else None,
        "scorers": by,
        "cost": sum(costs) if costs else None,
        "input_tokens": sum(u.get("input_tokens", 0) for u in usages),
        "output_tokens": sum(u.get("output_tokens", 0) for u in usages),
        "seconds": {
            "mean": fmean(seconds) if seconds else 0.0,
            "p50": quantile(seconds, 0.5),
            "p95": quantile(seconds, 0.95),
        },
    }


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % confidence interval of a mean, by the bootstrap; the same numbers give the same interval."""
    many = len(differences)
    draw = random.Random(0)  # noqa: S311 - a resample, not a secret
    rounds = max(100, min(_RESAMPLES, _DRAWS // many))
    means = [fmean(draw.choices(differences, k=many)) for _ in range(rounds)]
    return quantile(means, 0.025), quantile(means, 0.975)


def compared(base: Sequence[Result], other: Sequence[Result], scorers: Sequence[str]) -> dict[str, Any]:
    """Return how *other* differs from *base* on the items both have, by scorer and item."""
    theirs = {r["item"]: r for r in other}
    pairs = [(r, theirs[r["item"]]) for r in base if r["item"] in theirs]
    return {"items": len(pairs), "scorers": {s: _difference(pairs, s) for s in scorers}}


def _difference(pairs: Sequence[tuple[Result, Result]], scorer: str) -> dict[str, Any]:
    rows = [(a["item"], value_of(a, scorer), value_of(b, scorer)) for a, b in pairs]
    both = [(item, a, b) for item, a, b in rows if a is not None and b is not None]
    if not both:
        return {"count": 0}
    deltas = [b - a for _, a, b in both]
    low, high = interval(deltas)
    changed = sorted((r for r in both if r[1] != r[2]), key=lambda r: (r[2] - r[1], r[0]))
    return {
        "count": len(both),
        "base": fmean(a for _, a, _ in both),
        "other": fmean(b for _, _, b in both),
        "difference": fmean(deltas),
        "interval": [low, high],
        "wins": sum(d > 0 for d in deltas),
        "losses": sum(d < 0 for d in deltas),
        "ties": sum(d == 0 for d in deltas),
        "changed": [{"item": item, "base": a, "other": b} for item, a, b in changed],
    }
