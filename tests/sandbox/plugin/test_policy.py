"""Where a plugin runs, and with which limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from lumosai_sandbox.limits import KIB, MIB, Limits
from lumosai_sandbox.policy import KEYS, LARGE_COMPONENT, decide, key_of, limits_of, quantity
from lumosai_sdk.errors import InputError, PermissionDeniedError
from lumosai_sdk.manifest import ResourceLimits
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.sandbox import SandboxPolicy


@dataclass(frozen=True)
class Shape:
    ours: bool = True
    wasi: bool = False


@dataclass(frozen=True)
class Support:
    reason: str | None = None


OURS, STRANGE, WASI = Shape(), Shape(ours=False), Shape(wasi=True)
YES, NO = Support(), Support("no Landlock")


@pytest.mark.parametrize(
    ("shape", "tier", "without", "support", "expected"),
    [
        (OURS, "jail", "refuse", YES, "jail"),
        (STRANGE, "jail", "refuse", YES, "jail"),
        (OURS, "process", "refuse", YES, "process"),
        (OURS, "process", "refuse", NO, "process"),
        (STRANGE, "process", "refuse", YES, "jail"),
        (WASI, "process", "degrade", YES, "jail"),
        (OURS, "jail", "degrade", NO, "process"),
    ],
)
def test_where_it_runs(shape: Shape, tier: Any, without: Any, support: Support, expected: str) -> None:
    decision = decide(shape, SandboxPolicy(tier=tier, without_jail=without), support)
    assert decision.tier == expected
    assert decision.why
    assert decision.loud == (expected != tier)


@pytest.mark.parametrize(
    ("shape", "tier", "without", "hint"),
    [
        (OURS, "jail", "refuse", '[sandbox] without_jail = "degrade"'),
        (STRANGE, "jail", "degrade", "Landlock"),
        (WASI, "process", "degrade", "Landlock"),
        (STRANGE, "process", "refuse", "Landlock"),
    ],
)
def test_where_it_may_run_nowhere_that_is_said_with_the_way_out(
    shape: Shape, tier: Any, without: Any, hint: str
) -> None:
    with pytest.raises(PermissionDeniedError, match="no Landlock") as refused:
        decide(shape, SandboxPolicy(tier=tier, without_jail=without), NO)
    assert hint in str(refused.value.hint)


def test_limits_are_the_defaults_then_the_manifests_up_to_the_ceilings_then_the_owners() -> None:
    assert limits_of(SandboxPolicy(), {}) == Limits()
    assert limits_of(SandboxPolicy(), {}, LARGE_COMPONENT + 1).memory == 256 * MIB
    policy = SandboxPolicy(
        ceilings={"memory": "200MiB", "time": "1s", "fuel": 9}, limits={"cpu": "3s", "memory": "1GiB"}
    )
    found = limits_of(policy, {"memory": "500MiB", "time": "30s", "cpu": "20s", "host_calls": 7, "log": "2KiB"})
    assert (found.memory, found.wall, found.cpu, found.host_calls) == (1024 * MIB, 1.0, 3.0, 7)
    assert (found.log, found.fuel) == (2 * KIB, 9)
    assert limits_of(SandboxPolicy(ceilings={"memory": "64MiB"}), {}).memory == 64 * MIB


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("memory", "64MiB", 64 * MIB),
        ("log", "10 B", 10),
        ("time", "500ms", 0.5),
        ("cpu", "1.5s", 1.5),
        ("tables", 3, 3),
    ],
)
def test_quantities(key: str, text: Any, value: Any) -> None:
    assert quantity(key, text) == value


@pytest.mark.parametrize(
    ("key", "text"),
    [("memory", "2s"), ("time", "5MiB"), ("time", "0s"), ("memory", "1e9B"), ("memory", "٣MiB"), ("speed", "1s"),
     ("memory", True), ("memory", -1), ("memory", None), ("memory", "9" * 50 + "B")],
)  # fmt: skip
def test_what_is_no_quantity_is_said_to_be_none(key: str, text: Any) -> None:
    with pytest.raises(InputError, match=key):
        quantity(key, text)


def test_the_limits_are_those_a_manifest_may_name() -> None:
    assert set(ResourceLimits.model_fields) == KEYS


def test_state_is_shared_by_whom_the_manifest_says() -> None:
    one, two = Caller("a", "x", thread_id="t"), Caller("b", "x", thread_id="t")
    assert key_of("none")(one) is None
    assert key_of("plugin")(one) == key_of("plugin")(two)
    assert key_of("tenant")(one) != key_of("tenant")(two)
    assert key_of("session")(one) != key_of("session")(two)
    assert key_of("session")(Caller("a", "x", run_id="t")) != key_of("session")(one), "a run is no thread of its name"
    assert key_of("session")(Caller("a", "x")) is None
