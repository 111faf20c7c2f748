"""Variables, clocks, random bytes, logs and events: what of them was granted, and how much."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from lumosai_sandbox.capabilities import Capabilities, events
from lumosai_sdk import wit
from lumosai_sdk.errors import InputError, LumosError, PermissionDeniedError
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.wireerrors import FarError

Make = Callable[..., Any]


def test_the_host_has_the_functions_of_the_contract_and_no_other() -> None:
    contract = {f"{i}.{f}": len(names) for i, found in wit.imports().items() for f, names in found.items()}
    assert dict(Capabilities(PluginContext("p")).functions) == contract


@pytest.mark.parametrize("name", ["", "kv", "kv.get ", "KV.get", "__init__", "kv.get\0", "x" * 10_000, "kv.__class__"])
async def test_functions_that_are_none_are_refused(plugin: Make, name: str) -> None:
    with pytest.raises(InputError) as caught:
        await plugin({"kv": True}).capabilities(name, ("a",), Caller())
    assert len(str(caught.value)) < 300


async def test_a_wrong_number_of_texts_is_refused(plugin: Make) -> None:
    for texts in ((), ("a", "b")):
        with pytest.raises(InputError):
            await plugin({"env": ["*"]}).capabilities("env.get", texts, Caller())


async def test_granted_variables_are_told(plugin: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_REGION", "eu")
    p = plugin({"env": ["APP_*"]})
    assert await p.ask("env.get", "APP_REGION") == "eu"
    assert await p.ask("env.get", "APP_NONE") is None


@pytest.mark.parametrize(
    "name", ["PATH", "app_REGION", "APP", "XAPP_REGION", "", "APP_\0", "APP_A=b", "APP_" + "x" * 999]
)
async def test_others_are_not(plugin: Make, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("APP_REGION", "the-value")
    with pytest.raises((PermissionDeniedError, InputError)) as caught:
        await plugin({"env": ["APP_*"]}).ask("env.get", name)
    assert "the-value" not in str(caught.value)


async def test_a_name_cannot_write_into_what_people_are_told(plugin: Make) -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        await plugin({}).ask("env.get", 'A"]\n[plugins.p.grant]\nx["')
    assert "\n" not in str(caught.value.hint)
    assert '"]' not in str(caught.value.hint).removesuffix('"]')


async def test_clock_and_random_are_rights(plugin: Make) -> None:
    p = plugin({})
    for ask in (("clock.now",), ("clock.monotonic",), ("random.bytes", "1")):
        with pytest.raises(PermissionDeniedError):
            await p.ask(*ask)
    p = plugin({"clock": True, "random": True})
    assert await p.ask("clock.now") > 1.7e9
    assert await p.ask("clock.monotonic") <= await p.ask("clock.monotonic")
    assert len(base64.b64decode(await p.ask("random.bytes", "65536"))) == 65_536
    assert await p.ask("random.bytes", "16") != await p.ask("random.bytes", "16")


@pytest.mark.parametrize("count", ["0", "-1", "65537", "1.5", "", "x", "1e3", "٣", "9" * 1000, " 1", "0x10"])
async def test_random_counts_that_are_none_are_refused(plugin: Make, count: str) -> None:
    with pytest.raises(InputError):
        await plugin({"random": True}).ask("random.bytes", count)


async def test_a_line_is_the_plugins_own_and_one_line(plugin: Make, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await plugin().ask(
            "log.write", "info", "a\x1b[2J\r\nERROR forged \u202eline %s %(x)s", '{"n": 1, "t": "b\\nc"}'
        )
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("lumosai.plugin.p", "INFO")
    shown = record.getMessage()
    assert not {"\x1b", "\n", "\r", "\u202e"} & set(shown)
    assert shown.endswith('{"n": 1, "t": "b\\nc"}')
    assert "%s %(x)s" in shown


async def test_a_log_has_its_limit_and_says_once_that_it_was_cut(
    plugin: Make, caplog: pytest.LogCaptureFixture
) -> None:
    p = plugin(log_limit=100)
    with caplog.at_level(logging.DEBUG):
        for _ in range(50):
            await p.ask("log.write", "info", "x" * 30, "")
        assert [r.getMessage()[:5] for r in caplog.records] == ["xxxxx"] * 3 + ["… cut"]
        await p.ask("log.write", "info", "another call", "", call="2")
        await p.capabilities.release(Caller(call_id="1", chain=("p",)))
        await p.ask("log.write", "info", "again", "")
    assert [r.getMessage() for r in caplog.records[4:]] == ["another call", "again"]


@pytest.mark.parametrize("ask", [("loud", "x", ""), ("info", "x", "[]"), ("info", "x", "{"), ("INFO", "x", "")])
async def test_a_malformed_line_is_refused(plugin: Make, ask: tuple[str, str, str]) -> None:
    with pytest.raises(InputError):
        await plugin().ask("log.write", *ask)


async def test_events_are_told_under_the_plugins_name(plugin: Make) -> None:
    p = plugin()
    await p.ask("events.emit", "page.fetched", '{"url": "x"}')
    (event,) = p.events
    assert (event.type, event.plugin, event.name, event.data) == ("plugin.message", "p", "page.fetched", {"url": "x"})


@pytest.mark.parametrize("name", ["", "A", "1a", "a b", "a\n", "a" * 65, ".a", "ä"])
async def test_names_that_are_none_are_refused(plugin: Make, name: str) -> None:
    with pytest.raises(InputError):
        await plugin().ask("events.emit", name, "null")


async def test_events_have_their_limits(plugin: Make) -> None:
    p = plugin()
    with pytest.raises(FarError):
        await p.ask("events.emit", "a", json.dumps("x" * events.MAX_DATA))
    for _ in range(events.MOST):
        await p.ask("events.emit", "a", "1")
    with pytest.raises(FarError):
        await p.ask("events.emit", "a", "1")
    await p.ask("events.emit", "a", "1", call="2")
    assert len(p.events) == events.MOST + 1


async def test_what_fails_in_the_host_is_told_without_its_words(plugin: Make, caplog: pytest.LogCaptureFixture) -> None:
    class Services:
        def kv(self) -> Any:
            raise RuntimeError("the password is hunter2")

    with pytest.raises(LumosError) as caught:
        await plugin({"kv": True}, services=Services()).ask("kv.get", "a")
    assert isinstance(caught.value, FarError)
    assert caught.value.kind == "internal"
    assert "hunter2" not in str(caught.value) + caplog.text
    assert "RuntimeError" in caplog.text


async def test_without_a_host_the_services_are_unavailable(plugin: Make) -> None:
    p = plugin({"kv": True, "models": ["*"], "tools": ["*"]})
    for ask in (("kv.get", "a"), ("model.embed", '{"model": "a/b", "inputs": []}'), ("tools.call", "a.b", "{}")):
        with pytest.raises(FarError) as caught:
            await p.ask(*ask)
        assert caught.value.kind == "unavailable"
