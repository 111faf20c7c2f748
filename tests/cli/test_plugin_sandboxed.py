"""``lumos plugin list``, ``info`` and ``doctor`` of plugins that are WebAssembly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("wasmtime")

from wasmtime import wat2wasm

from lumosai.plugins import index

pytestmark = pytest.mark.usefixtures("measured")
Cli = Callable[..., Any]
AddPlugin = Callable[..., Path]
MANIFEST = """
runtime = "wasm"
module = "{module}"
description = "Adds up"

[limits]
memory = "16MiB"

[[contributes.tool]]
id = "sums.add"
target = "{target}"
[contributes.tool.input_schema]
type = "object"
"""
SUMS = """
(component
  (core module $m (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "add"))))
"""


@pytest.fixture
def sums(add_plugin: AddPlugin, configure: Callable[..., Path]) -> Callable[..., Path]:
    """Write a sandboxed plugin: its manifest may say what is not so."""

    def write(target: str = "add", module: str = "sums.wasm", wasm: bytes | None = None) -> Path:
        root = add_plugin("sums", MANIFEST.format(target=target, module=module))
        (root / "sums.wasm").write_bytes(bytes(wat2wasm(SUMS)) if wasm is None else wasm)
        configure(host='plugin_paths = ["plugins"]')
        return root

    return write


@pytest.fixture
def _only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the folder's plugins be all there are."""
    survey = index.survey

    def ours(paths: Sequence[str] = ()) -> tuple[list[str], list[list[str]]]:
        where, found = survey(paths)
        return where, [f for f in found if f[3]]

    monkeypatch.setattr(index, "survey", ours)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [])


def report(done: Any) -> dict[str, Any]:
    return next(dict(p) for p in done.json["plugins"] if p["name"] == "sums")


def test_it_is_listed_and_switched_as_any_other(cli: Cli, sums: Callable[..., Path]) -> None:
    sums()
    assert {p["name"]: p["runtime"] for p in cli("plugin", "list", "--json").json}["sums"] == "wasm"
    assert cli("plugin", "disable", "sums").code == 0
    assert {p["name"]: p["state"] for p in cli("plugin", "list", "--json").json}["sums"] == "disabled"
    assert cli("plugin", "enable", "sums").code == 0


def test_info_tells_where_it_runs_and_what_it_may_use(cli: Cli, sums: Callable[..., Path]) -> None:
    sums()
    out = cli("plugin", "info", "sums").out
    assert "runs in " in out
    assert "16 MiB of memory, 5 s" in out
    told = cli("plugin", "info", "sums", "--json").json["sandbox"]
    assert told["tier"] in {"jail", "refused"}
    assert told["limits"]["memory"] == 16 * 1024 * 1024


@pytest.mark.usefixtures("_only_ours")
@pytest.mark.parametrize("words", [[], ["--deep"]])
def test_a_sound_one_is_fine(cli: Cli, sums: Callable[..., Path], words: list[str]) -> None:
    sums()
    assert report(cli("plugin", "doctor", "--json", *words))["state"] == "fine"


@pytest.mark.usefixtures("_only_ours")
@pytest.mark.parametrize(
    ("given", "words", "said"),
    [
        ({"module": "none.wasm"}, [], "No such file"),
        ({"wasm": b"hello"}, [], "no WebAssembly component"),
        ({"target": "subtract"}, ["--deep"], "exports no function 'subtract'"),
    ],
)
def test_the_doctor_looks_at_the_component(
    cli: Cli, sums: Callable[..., Path], given: dict[str, Any], words: list[str], said: str
) -> None:
    sums(**given)
    found = cli("plugin", "doctor", "--json", *words)
    assert found.code == 1
    assert said in report(found)["problems"][0]["why"]
