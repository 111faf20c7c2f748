"""What results come to: aggregates, differences, and their intervals."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_plugins.evals import gate
from lumosai_plugins.evals.stats import compared, interval, quantile, summary


def result(
    item: str, *values: float | None, error: bool = False, seconds: float = 1.0, cost: float | None = None
) -> Any:
    scores = {f"s{i}": {"value": v} if v is not None else {"value": None} for i, v in enumerate(values)}
    usage = {"input_tokens": 10, "output_tokens": 5, **({} if cost is None else {"cost": cost})}
    out = {"item": item, "seconds": seconds, "usage": usage, "scores": {} if error else scores}
    return {**out, "error": {"message": "down"}} if error else out


def test_the_aggregates() -> None:
    results = [result("a", 1.0, None, cost=0.5), result("b", 0.5, None, seconds=3), result("c", error=True)]
    results[1]["scores"]["s1"]["error"] = {"message": "judge"}
    found = summary(results, ["s0", "s1"])
    assert found["scorers"]["s0"] == {"count": 3, "failures": 0, "mean": 0.5, "p10": pytest.approx(0.1)}
    assert found["scorers"]["s1"] == {"count": 1, "failures": 1, "mean": 0.0, "p10": 0.0}
    assert (found["failed"], found["cost"], found["input_tokens"]) == (1, 0.5, 30)
    assert found["seconds"] == {"mean": 2.0, "p50": 2.0, "p95": pytest.approx(2.9)}


def test_nothing_comes_to_nothing() -> None:
    found = summary([], ["s0"])
    assert (found["score"], found["scorers"]["s0"]["mean"], found["cost"]) == (None, None, None)


def test_a_run_that_fails_is_no_better_than_a_wrong_answer() -> None:
    assert summary([result("a", 1.0), result("b", error=True)], ["s0"])["score"] == 0.5


@settings(max_examples=25)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_an_interval_is_within_what_there_is_and_the_same_again(values: list[float]) -> None:
    low, high = interval(values)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert interval(values) == (low, high)


def test_quantiles() -> None:
    assert [quantile([1, 2, 3, 4, 5], q) for q in (0, 0.1, 0.5, 1)] == [1, 1.4, 3, 5]


def test_a_comparison_goes_item_by_item() -> None:
    base = [result(str(i), 0.5) for i in range(20)] + [result("only here", 1.0)]
    other = [result(str(i), 0.5 + (0.3 if i < 15 else -0.2 if i < 18 else 0)) for i in range(20)]
    found = compared(base, other, ["s0"])["scorers"]["s0"]
    assert (found["count"], found["wins"], found["losses"], found["ties"]) == (20, 15, 3, 2)
    assert found["difference"] == pytest.approx(0.195)
    assert found["interval"][0] < 0.195 < found["interval"][1]
    assert [c["item"] for c in found["changed"][:3]] == ["15", "16", "17"]
    assert compared(base, [], ["s0"])["scorers"]["s0"] == {"count": 0}


def test_gates() -> None:
    found = summary([result("a", 0.6, 0.9), result("b", 0.6, None)], ["s0", "s1"])
    assert gate.shortfalls(found, {"score": 0.7, "s0": 0.6}) == []
    assert gate.shortfalls(found, {"score": 0.8, "s0": 0.61}) == [
        "s0: 0.600 is below 0.61",
        "score: 0.750 is below 0.8",
    ]
    found["scorers"]["s1"] |= {"failures": 2, "mean": None}
    told = gate.shortfalls(found, {"s1": 0.1})
    assert told == ["s1: there are no scores, 0.1 is wanted", "s1: 2 scores could not be told"]


def test_a_scorer_that_can_judge_nothing_fails_without_a_gate() -> None:
    scores = {"s0": {"value": 0.5}, "s1": {"error": {"message": "no model"}}}
    broken = [{**result(n, 0.5), "scores": scores} for n in "ab"]
    found = summary(broken, ["s0", "s1"])
    assert gate.silent(found, broken) == ["s1: none of 2 scores could be told: no model"]
    assert gate.silent(summary(broken[:0], ["s0"]), []) == []


def test_only_what_is_surely_worse_fails_against_a_baseline() -> None:
    base, worse = [result(str(i), 0.9) for i in range(10)], [result(str(i), 0.5) for i in range(10)]
    mixed = [result(str(i), 1.0 if i % 2 else 0.7) for i in range(10)]
    assert gate.losses(compared(base, mixed, ["s0"])) == []
    assert gate.losses(compared(base, worse, ["s0"])) == ["s0: -0.400 against the baseline, surely worse"]
