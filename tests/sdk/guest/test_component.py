"""The seam to componentize-py and to the host's functions, with stand-ins for what only a component has."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from lumosai_sdk import functions, host
from lumosai_sdk.errors import PermissionDeniedError
from lumosai_sdk.guest.component import exported
from lumosai_sdk.guest.plan import Plan
from lumosai_sdk.host.bridge import install, installed

PLUGIN = '''
from lumosai_sdk import host, tool

@tool
def remember(text: str) -> str:
    """Remember."""
    host.kv.set("k", text)
    return host.kv.get("k")

@tool
def reach() -> str:
    """Reach out."""
    return host.http.fetch("https://example.org/").text
'''


class Err(Exception):  # noqa: N818 - its name in componentize_py_types
    def __init__(self, value: str) -> None:
        self.value = value


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Stand in for the modules that componentize-py generates; hold the values of kv."""
    values: dict[str, str] = {}

    def get(key: str) -> str:
        return values.get(key, "null")

    def set_(key: str, value: str, options: str) -> str:
        if value == '"refused"':
            raise Err('{"code": "denied", "message": "no", "hint": "grant kv"}')
        if value == '"odd"':
            raise Err("not even JSON")
        values[key] = value
        return "null"

    kv = types.ModuleType("wit_world.imports.kv")
    get.__module__ = set_.__module__ = kv.__name__
    vars(kv).update(get=get, set=set_, Err=Err)
    plugin = types.ModuleType("guest_plugin")
    exec(PLUGIN, vars(plugin))
    kinds = types.ModuleType("componentize_py_types")
    vars(kinds).update(Err=Err)
    for name, module in {"wit_world.imports.kv": kv, "componentize_py_types": kinds, "guest_plugin": plugin}.items():
        monkeypatch.setitem(sys.modules, name, module)
    before = installed()
    monkeypatch.setattr(functions, "_plain", functions._plain)
    for name in ("install", "close"):
        monkeypatch.setattr(f"lumosai_sdk.guest.component.{name}", lambda *_: None)
    yield values
    install(before)


def made(**more: Any) -> dict[str, type]:
    targets = {f"p.{n}": f"guest_plugin:{n}" for n in ("remember", "reach")}
    plan = Plan("p", contributes={"tool": targets}, imports=("kv",), **more)
    return exported(plan, {"tool": ("call",), "plugin": ("describe",), "provider": ("parse-chunk",)})


def test_exports_are_classes_named_as_componentize_py_wants_them(world: dict[str, str]) -> None:
    classes = made()
    assert set(classes) == {"Tool", "Plugin", "Provider"}
    assert hasattr(classes["Provider"](), "parse_chunk")


def test_a_call_goes_through_the_host_and_back(world: dict[str, str]) -> None:
    answer = made()["Tool"]().call("p.remember", '{"text": "x"}', "{}")
    assert (json.loads(answer), world) == ("x", {"k": '"x"'})


@pytest.mark.parametrize(("text", "code"), [("refused", "denied"), ("odd", "internal")])
def test_the_hosts_errors_are_errors_of_the_sdk(world: dict[str, str], text: str, code: str) -> None:
    with pytest.raises(Err) as e:
        made()["Tool"]().call("p.remember", json.dumps({"text": text}), "{}")
    assert json.loads(e.value.value)["code"] == code


def test_what_the_manifest_does_not_ask_for_is_not_there(world: dict[str, str]) -> None:
    with pytest.raises(Err) as e:
        made()["Tool"]().call("p.reach", "{}", "{}")
    told = json.loads(e.value.value)
    assert told["code"] == "denied"
    assert "[permissions]" in told["hint"]


def test_a_module_that_is_missing_elsewhere_only_does_not_fail_the_build(world: dict[str, str]) -> None:
    assert made(preload=("no_such_module_here",))


def test_a_targets_module_has_to_be_there(world: dict[str, str]) -> None:
    with pytest.raises(ImportError):
        exported(Plan("p", contributes={"tool": {"p.x": "no_such_module:x"}}), {"tool": ("call",)})


def test_natively_there_is_no_host_unless_one_calls() -> None:
    before = installed()
    install(None)
    try:
        with pytest.raises(Exception, match=r"no (host here|plugin is being called here)"):
            host.kv.get("k")
    finally:
        install(before)
    assert issubclass(PermissionDeniedError, Exception)
