"""Conditions on metadata: what they mean, and what is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai_sdk.errors import InputError
from lumosai_sdk.filters import MAX_DEPTH, MAX_TESTS, check_metadata, matches, parse

PAGE = {"source": "a.md", "year": 2021, "draft": False, "tags": ["x", "y"], "score": 0.5, "none": None, "empty": []}


@pytest.mark.parametrize(
    "where",
    [
        None,
        {},
        {"source": "a.md"},
        {"source": {"eq": "a.md"}, "year": 2021},
        {"year": {"gte": 2021, "lt": 2022}},
        {"year": 2021.0},
        {"source": {"gt": "a", "lte": "b"}},
        {"tags": "x"},
        {"tags": {"in": ["y", "z"]}},
        {"tags": {"nin": ["z"]}},
        {"draft": False},
        {"draft": {"ne": 0}},
        {"none": None},
        {"none": {"exists": True}},
        {"empty": {"exists": True}},
        {"absent": {"exists": False}},
        {"absent": {"ne": 1}},
        {"$or": [{"year": 1}, {"source": "a.md"}]},
        {"$and": []},
        {"$not": {"tags": "z"}},
        {"$not": {"$or": []}},
        {"year": {}},
    ],
)
def test_it_fits(where: Any) -> None:
    assert matches(parse(where), PAGE)


@pytest.mark.parametrize(
    "where",
    [
        {"source": "b.md"},
        {"source": {"gt": 1}},
        {"year": "2021"},
        {"year": True},
        {"draft": 0},
        {"draft": None},
        {"absent": None},
        {"absent": {"lt": 5}},
        {"tags": {"ne": "x"}},
        {"tags": {"in": []}},
        {"empty": "x"},
        {"source": "a.md", "year": 2020},
        {"$or": []},
        {"$and": [{"source": "a.md"}, {"year": 0}]},
        {"$not": {"source": "a.md"}},
    ],
)
def test_it_does_not(where: Any) -> None:
    assert not matches(parse(where), PAGE)


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ({"a": {"like": "b"}}, "no operator 'like'"),
        ({"$where": "1"}, "no key of metadata"),
        ({"": 1}, "no key of metadata"),
        ({"a" * 200: 1}, "no key of metadata"),
        ({"a\0": 1}, "no key of metadata"),
        ({"a": float("nan")}, "finite"),
        ({"a": 2**64}, "64 bits"),
        ({"a": "\ud800"}, "surrogates"),
        ({"a": [1]}, "no text"),
        ({"a": {"in": 1}}, "takes a list"),
        ({"a": {"exists": 1}}, "true or false"),
        ({"a": {"gt": None}}, "a number or a text"),
        ({"a": {"lt": True}}, "a number or a text"),
        ({"$or": {"a": 1}}, "a list of conditions"),
        ({"$not": [1]}, "no condition"),
        ({"a": {"in": list(range(MAX_TESTS + 1))}}, "more than"),
    ],
)
def test_what_is_no_condition_is_refused(where: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse(where)


def test_nesting_ends_somewhere() -> None:
    where: Any = {"a": 1}
    for _ in range(MAX_DEPTH + 1):
        where = {"$not": where}
    with pytest.raises(InputError, match="deeper"):
        parse(where)


SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.5, 1.0]) | st.sampled_from(["", "a", "b"])


@given(value=SCALARS | st.lists(SCALARS, max_size=3), wanted=SCALARS)
def test_what_does_not_equal_differs(value: Any, wanted: Any) -> None:
    assert matches(parse({"k": wanted}), {"k": value}) != matches(parse({"k": {"ne": wanted}}), {"k": value})


@given(value=st.one_of(st.integers(), st.text(max_size=3)), wanted=st.one_of(st.integers(), st.text(max_size=3)))
def test_orders_agree(value: Any, wanted: Any) -> None:
    try:
        check_metadata({"k": value, "w": wanted})
    except InputError:
        return
    held = {o: matches(parse({"k": {o: wanted}}), {"k": value}) for o in ("eq", "gt", "gte", "lt", "lte")}
    comparable = type(value) is type(wanted)
    assert sum((held["eq"], held["gt"], held["lt"])) == comparable
    assert held["gte"] == (held["gt"] or held["eq"])
    assert held["lte"] == (held["lt"] or held["eq"])


@pytest.mark.parametrize(
    "metadata", [{"a": {"b": 1}}, {"a": [[1]]}, {"a": b"x"}, {1: "a"}, {"$a": 1}, {"a": float("inf")}]
)
def test_metadata_is_scalars_and_lists_of_them(metadata: Any) -> None:
    with pytest.raises(InputError):
        check_metadata(metadata)
