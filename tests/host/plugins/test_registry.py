# ruff: noqa: RUF043 - a test says what it expects where it expects it
from __future__ import annotations

from typing import Any

import pytest

from lumosai.plugins.generation import Generation
from lumosai.plugins.registry import Registry
from lumosai_sdk.errors import NotFoundError, PluginUnavailableError
from lumosai_sdk.types.plugins import PluginContext


def record(name: str, *ids: str) -> dict[str, Any]:
    tools = [{"id": i, "target": f"nowhere:{i}"} for i in ids]
    return {"name": name, "version": "1", "dist": "d-1", "runtime": "python", "contributes": {"tool": tools}}


def generation(name: str, *ids: str) -> Generation:
    return Generation(record(name, *ids), PluginContext(name), lambda generation, reason: None)


def test_what_is_published_is_found_by_kind_and_id() -> None:
    registry = Registry()
    registry.publish(generation("b", "b.two", "b.one"))
    registry.publish(generation("a", "a.x"))
    assert registry.ids("tool") == ["a.x", "b.one", "b.two"]
    assert [e.id for e in registry.entries("tool")] == ["a.x", "b.one", "b.two"]
    assert registry.get("tool", "a.x").generation.name == "a"
    assert registry.find("provider", "a.x") is None


def test_a_new_generation_replaces_the_whole_of_the_old() -> None:
    registry = Registry()
    registry.publish(generation("a", "a.gone", "a.kept"))
    before = registry.version
    fresh = generation("a", "a.kept", "a.new")
    registry.publish(fresh)
    assert registry.ids("tool") == ["a.kept", "a.new"]
    assert registry.get("tool", "a.kept").generation is fresh
    assert registry.version > before


def test_an_unknown_id_is_answered_with_the_nearest() -> None:
    registry = Registry()
    registry.publish(generation("weather", "weather.forecast"))
    with pytest.raises(NotFoundError, match=r"no tool 'weather.forcast'; did you mean 'weather.forecast'\?"):
        registry.get("tool", "weather.forcast")


def test_what_was_withdrawn_is_told_with_its_plugin_and_the_reason() -> None:
    registry = Registry()
    registry.publish(generation("a", "a.x"))
    registry.withdraw("a", "the plugin is disabled")
    with pytest.raises(PluginUnavailableError, match="plugin 'a': tool 'a.x': the plugin is disabled") as e:
        registry.get("tool", "a.x")
    assert e.value.hint == "lumos plugin info a"
    registry.publish(generation("a", "a.x"))
    assert registry.get("tool", "a.x").id == "a.x"


def test_what_was_withdrawn_without_a_reason_is_forgotten() -> None:
    registry = Registry()
    registry.publish(generation("a", "a.x"))
    registry.note_absent(record("b", "b.x"), "off")
    registry.withdraw("a", "disabled")
    registry.withdraw("a")
    with pytest.raises(NotFoundError):
        registry.get("tool", "a.x")
    with pytest.raises(PluginUnavailableError):
        registry.get("tool", "b.x")
