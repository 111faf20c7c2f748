# ruff: noqa: PLR2004
from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.marketplace.trust.broken import BROKEN, nonsense
from tests.marketplace.trust.making import FILENAME, PUBLISHED, SHA256, Instance

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.trust import pep740
from lumosai_marketplace.trust.verify import Verified, Verifier


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_bundle_is_refused_for_what_it_is(name: str, instance: Instance, other: Instance) -> None:
    make, rules = BROKEN[name]
    roots, bundle = make(instance, other)
    with pytest.raises(RefusedError) as refused:
        Verifier(roots).verify_bundle(bundle, FILENAME, SHA256)
    assert refused.value.rule in rules, refused.value
    assert len(refused.value.message) < 500


def test_the_honest_twin_of_all_of_them_is_taken(instance: Instance, verifier: Verifier) -> None:
    assert verifier.verify_bundle(instance.bundle(), FILENAME, SHA256).statement == PUBLISHED


@pytest.mark.parametrize("value", list(nonsense()))
def test_nonsense_is_refused(verifier: Verifier, value: Any) -> None:
    for verify in (verifier.verify, verifier.verify_bundle):
        with pytest.raises(RefusedError):
            verify(value, FILENAME, SHA256)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value of a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for k, v in inner for p in places(v, (*path, k)))]


SMALL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=40),
    st.just([]),
    st.just({}),
    st.sampled_from(["0", "1", "AAAA", "application/vnd.in-toto+json", "9" * 30]),
)


def text_edited(data: st.DataObject, old: str) -> str:
    """Change a text: a character in the middle, a piece left out or doubled."""
    at = data.draw(st.integers(0, max(len(old) - 1, 0)))
    how = data.draw(st.sampled_from(["replace", "cut", "double", "insert"]))
    if how == "replace":
        letter = data.draw(st.sampled_from('ABCabc0129+/=\n \u2014{}"'))
        return old[:at] + letter + old[at + 1 :]
    if how == "cut":
        return old[:at] + old[at + data.draw(st.integers(1, 8)) :]
    return old[:at] * (2 if how == "double" else 1) + data.draw(st.text(max_size=3)) + old[at:]


def mutated(data: st.DataObject, good: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(good)
    for _ in range(data.draw(st.integers(1, 2))):
        way = data.draw(st.sampled_from(places(made)[1:]))
        holder: Any = made
        for step in way[:-1]:
            holder = holder[step]
        old = holder[way[-1]]
        how = data.draw(st.sampled_from(["edit", "value", "drop", "swap"]))
        if how == "drop":
            del holder[way[-1]]
        elif how == "edit" and isinstance(old, str):
            holder[way[-1]] = text_edited(data, old)
        elif how == "swap" and isinstance(holder, dict):
            holder[data.draw(st.text(max_size=8))] = holder.pop(way[-1])
        else:
            holder[way[-1]] = data.draw(SMALL)
        if not places(made)[1:]:
            break
    return made


def told(found: Verified) -> tuple[Any, ...]:
    return found.statement, found.signer, found.signed, found.log_index, found.log_id, json.dumps(found.entry)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_change_of_a_good_bundle_is_taken_for_something_else(
    instance: Instance, verifier: Verifier, good: dict[str, Any], data: st.DataObject
) -> None:
    bundle = mutated(data, good)
    try:
        found = verifier.verify_bundle(bundle, FILENAME, SHA256)
    except RefusedError:
        return
    whole = verifier.verify_bundle(good, FILENAME, SHA256)
    assert told(found) == told(whole)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_change_of_a_good_attestation_is_taken_for_something_else(
    verifier: Verifier, good: dict[str, Any], data: st.DataObject
) -> None:
    attestation = pep740.from_bundle(good)
    changed = mutated(data, attestation)
    try:
        found = verifier.verify(changed, FILENAME, SHA256)
    except RefusedError:
        return
    assert told(found) == told(verifier.verify(attestation, FILENAME, SHA256))


@pytest.fixture(scope="session")
def good(instance: Instance) -> dict[str, Any]:
    return instance.bundle()
