"""Whether an experiment is good enough: what makes ``lumos eval run`` end with 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lumosai_plugins.evals.suite import OVERALL


def shortfalls(summary: Mapping[str, Any], fail_under: Mapping[str, float]) -> list[str]:
    """Return what is below its threshold, in words. Scores that could not be told pass no gate."""
    out: list[str] = []
    for name, least in sorted(fail_under.items()):
        mean = summary["score"] if name == OVERALL else summary["scorers"][name]["mean"]
        failures = sum(v["failures"] for s, v in summary["scorers"].items() if name in {OVERALL, s})
        if mean is None:
            out.append(f"{name}: there are no scores, {least:g} is wanted")
        elif mean < least:
            out.append(f"{name}: {mean:.3f} is below {least:g}")
        if failures:
            out.append(f"{name}: {failures} scores could not be told")
    return out


def silent(summary: Mapping[str, Any], results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the scorers that could judge nothing at all, and why: they tell nothing of the agent."""
    out: list[str] = []
    for name, found in summary["scorers"].items():
        if found["failures"] and not found["count"]:
            scores = (r.get("scores", {}).get(name) or {} for r in results)
            why = next((s["error"].get("message", "") for s in scores if "error" in s), "")
            out.append(f"{name}: none of {found['failures']} scores could be told: {why}")
    return out


def losses(comparison: Mapping[str, Any]) -> list[str]:
    """Return the scorers that are surely worse than in the baseline: the whole interval is below 0."""
    return [
        f"{s}: {d['difference']:+.3f} against the baseline, surely worse"
        for s, d in comparison["scorers"].items()
        if d["count"] and d["interval"][1] < 0
    ]
