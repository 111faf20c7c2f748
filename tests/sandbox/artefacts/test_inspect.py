"""What a component would need, told before it is trusted."""

from __future__ import annotations

from pathlib import Path

from wasmtime import wat2wasm

from lumosai_sandbox.artefacts.inspect import inspect, rights

TEXTS = '(func (param "key" string) (result (result string (error string))))'
ASKING = f"""(component
  (import "lumos:plugin/kv@1.0.0" (instance (export "get" {TEXTS})))
  (import "lumos:plugin/model@1.0.0" (instance (export "complete" {TEXTS})))
  (import "lumos:plugin/log@1.0.0" (instance))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance))
  (instance $tool) (export "lumos:plugin/tool@1.0.0" (instance $tool)))"""
FOREIGN = """(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance))
  (import "wasi:http/types@0.2.0" (instance))
  (import "wasi:nn/graph@0.2.0" (instance))
  (import "acme:db/query" (instance (export "run" (func)))))"""


async def test_rights_are_those_a_manifest_must_ask_for(tmp_path: Path) -> None:
    shape = await inspect(bytes(wat2wasm(ASKING)), cache=tmp_path)
    assert shape.ours
    found = rights(shape)
    assert found.permissions == ("kv", "models")
    assert found.free == ("log",)
    assert found.refused == ("wasi:clocks/monotonic-clock@0.2.0",)


async def test_wasi_is_named_with_what_is_behind_it(tmp_path: Path) -> None:
    found = rights(await inspect(bytes(wat2wasm(FOREIGN)), cache=tmp_path))
    assert found.permissions == ()
    assert [p for p, _ in found.wasi] == ["wasi:clocks", "wasi:http", "wasi:nn"]
    assert all("not offered" in words for p, words in found.wasi if p != "wasi:clocks")
    assert found.refused == ("acme:db/query",)
