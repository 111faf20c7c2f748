"""Values of other plugins and tenants, keys that play tricks, and more than there is room for."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai_sandbox.capabilities import kv
from lumosai_sdk.errors import InputError, PermissionDeniedError
from lumosai_sdk.wireerrors import FarError

Make = Callable[..., Any]


@dataclass
class Store:
    """A store in memory, as far as ``kv`` needs one."""

    spaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    ttls: list[float | None] = field(default_factory=list)
    reads: int = 0

    async def kv_get(self, namespace: str, key: str) -> Any:
        self.reads += 1
        await asyncio.sleep(0)
        return self.spaces.get(namespace, {}).get(key)

    async def kv_set(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> None:
        await asyncio.sleep(0)
        self.ttls.append(ttl)
        self.spaces.setdefault(namespace, {})[key] = value

    async def kv_delete(self, namespace: str, key: str) -> bool:
        return self.spaces.get(namespace, {}).pop(key, None) is not None

    async def kv_keys(self, namespace: str, prefix: str = "") -> list[str]:
        return sorted(k for k in self.spaces.get(namespace, {}) if k.startswith(prefix))


class Services:
    def __init__(self, store: Store) -> None:
        self.store = store

    def kv(self) -> Store:
        return self.store


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def keeper(plugin: Make, store: Store) -> Make:
    return lambda name="p": plugin({"kv": True}, name=name, services=Services(store))


async def test_values_are_kept_told_and_forgotten(keeper: Make, store: Store) -> None:
    p = keeper()
    await p.ask("kv.set", "a", '{"x": [1, null]}', "")
    await p.ask("kv.set", "ab", "2", '{"ttl": 5}')
    assert await p.ask("kv.get", "a") == {"x": [1, None]}
    assert await p.ask("kv.keys", "a") == ["a", "ab"]
    assert store.ttls == [None, 5.0]
    assert await p.ask("kv.delete", "a") is True
    assert await p.ask("kv.delete", "a") is False
    assert await p.ask("kv.get", "a") is None
    await p.ask("kv.set", "ab", "null", "")
    assert await p.ask("kv.keys", "") == []


async def test_without_the_right_there_is_nothing(plugin: Make, store: Store) -> None:
    p = plugin({}, services=Services(store))
    for ask in (("kv.get", "a"), ("kv.set", "a", "1", ""), ("kv.delete", "a"), ("kv.keys", "")):
        with pytest.raises(PermissionDeniedError, match="kv") as caught:
            await p.ask(*ask)
        assert caught.value.hint == "in lumos.toml, under [plugins.p.grant]: kv = true"
    assert store.spaces == {}


async def test_plugins_and_tenants_do_not_see_each_other(keeper: Make) -> None:
    mine, other = keeper("a"), keeper("b")
    await mine.ask("kv.set", "k", '"mine"', "", tenant="x")
    assert await other.ask("kv.get", "k", tenant="x") is None
    assert await mine.ask("kv.get", "k", tenant="y") is None
    assert await mine.ask("kv.keys", "", tenant="y") == []
    assert await mine.ask("kv.delete", "k", tenant="y") is False
    assert await mine.ask("kv.get", "k", tenant="x") == "mine"


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_no_two_pairs_of_plugin_and_tenant_share_a_namespace(one: tuple[str, str], two: tuple[str, str]) -> None:
    def name(pair: tuple[str, str]) -> str:
        return kv.namespace(*(t.encode("utf-8", "replace").decode() for t in pair))

    washed = [tuple(t.encode("utf-8", "replace") for t in p) for p in (one, two)]
    assert (name(one) == name(two)) == (washed[0] == washed[1])


@pytest.mark.parametrize(
    ("one", "two"), [(("a/b", "c"), ("a", "b/c")), (("a", ""), ("", "a")), (("a%2Fb", ""), ("a/b", ""))]
)
def test_separators_in_names_are_no_separators(one: tuple[str, str], two: tuple[str, str]) -> None:
    assert kv.namespace(*one) != kv.namespace(*two)


async def test_tricks_of_keys_stay_within_the_namespace(keeper: Make, store: Store) -> None:
    p = keeper()
    for key in ("../other/k", "plugin/b/x", "%2e%2e", "k' OR 1=1 --", "a\nb", "*", "%", "_"):
        await p.ask("kv.set", key, "1", "")
        assert key in await p.ask("kv.keys", key)
    assert list(store.spaces) == [kv.namespace("p", "default")]


@pytest.mark.parametrize("key", ["", "x" * 513, "ü" * 257, "a\0b", "\ud800"])
async def test_keys_that_are_none_are_refused(keeper: Make, key: str) -> None:
    for ask in (("kv.get", key), ("kv.set", key, "1", ""), ("kv.delete", key)):
        with pytest.raises(InputError):
            await keeper().ask(*ask)


@pytest.mark.parametrize(
    ("value", "options"),
    [
        *(("", ""), ("{", ""), ("NaN", ""), ("1e999", ""), ('"\\ud800"', ""), ("[" * 100_000, "")),
        *(("1", "[]"), ("1", '{"ttl": 0}'), ("1", '{"ttl": -1}'), ("1", '{"ttl": "1"}'), ("1", '{"tll": 1}')),
        *(("1", '{"ttl": true}'), ("1", '{"ttl": 1' + "0" * 400 + "}")),
    ],
)
async def test_values_that_are_none_are_refused(keeper: Make, store: Store, value: str, options: str) -> None:
    with pytest.raises((InputError, FarError)):
        await keeper().ask("kv.set", "k", value, options)
    assert store.spaces == {}


async def test_a_value_has_its_limit(keeper: Make) -> None:
    p = keeper()
    await p.ask("kv.set", "k", json.dumps("x" * (kv.MAX_VALUE - 2)), "")
    with pytest.raises(FarError) as caught:
        await p.ask("kv.set", "k", json.dumps("x" * (kv.MAX_VALUE - 1)), "")
    assert caught.value.kind == "limit"


async def test_there_is_so_much_room_and_no_more_however_many_ask_at_once(
    keeper: Make, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kv, "MAX_KEYS", 10)
    p = keeper()
    asked = [p.ask("kv.set", f"k{n}", "1", "") for n in range(50)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(o is None for o in outcomes) == 10
    await p.ask("kv.set", "k0", "2", "")  # in the place of another it needs no more room
    await p.ask("kv.delete", "k1")
    await p.ask("kv.set", "new", "1", "")
    await p.ask("kv.set", "k1", "1", "", tenant="another")


async def test_bytes_are_counted_through_the_store(keeper: Make, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kv, "MAX_BYTES", 100)
    await keeper().ask("kv.set", "a", json.dumps("x" * 60), "")
    later = keeper()  # a host that was started anew
    with pytest.raises(FarError):
        await later.ask("kv.set", "b", json.dumps("x" * 60), "")
    reads = store.reads
    for _ in range(20):
        with pytest.raises(FarError):
            await later.ask("kv.set", "b", json.dumps("x" * 60), "")
    assert store.reads - reads <= 25  # a loop of refusals is no loop of counting
    await later.ask("kv.set", "a", '"y"', "")
    await later.ask("kv.set", "b", json.dumps("x" * 60), "")


async def test_what_expired_makes_room_again(keeper: Make, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kv, "MAX_KEYS", 1)
    p = keeper()
    await p.ask("kv.set", "a", "1", '{"ttl": 1}')
    store.spaces.clear()
    monkeypatch.setattr(kv, "RECOUNT", 0.0)
    await p.ask("kv.set", "b", "1", "")


async def test_too_many_keys_for_an_answer_are_a_limit(
    keeper: Make, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kv, "MAX_LISTED", 100)
    store.spaces[kv.namespace("p", "default")] = {"x" * 200: 1}
    with pytest.raises(FarError):
        await keeper().ask("kv.keys", "")
