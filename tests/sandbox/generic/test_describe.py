"""What is told of a component before any of it runs."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest
import wasmtime
from tests.sandbox.generic.components import SUM, component, function
from wasmtime import component as wc
from wasmtime import wat2wasm

from lumosai_sandbox.artefacts import Shape
from lumosai_sandbox.engine.engine import config
from lumosai_sandbox.engine.errors import UnfitError
from lumosai_sandbox.generic.describe import MAX_FUNCTIONS, MAX_NAMES, MAX_SCHEMAS, described


def shape_of(wasm: bytes | str) -> Shape:
    engine = wasmtime.Engine(config(generic=True))
    data = wasm if isinstance(wasm, bytes) else bytes(wat2wasm(wasm))
    return described(engine, wc.Component(engine, data))


def test_functions_are_described_with_their_schemas() -> None:
    shape = shape_of(SUM)
    assert not shape.ours
    assert not shape.wasi
    assert shape.exports == ("acme:maths/bytes@0.1.0", "add", "fail", "stop")
    functions = {f.key: f for f in shape.functions}
    add = functions["add"]
    number = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}
    assert add.parameters == ("a", "b-side")
    assert add.input_schema == {
        "type": "object",
        "properties": {"a": number, "b-side": number},
        "required": ["a", "b-side"],
        "additionalProperties": False,
    }
    assert add.output_schema == number
    assert functions["fail"].output_schema == {"type": "string"}
    assert functions["stop"].output_schema == {"type": "null"}
    assert functions["acme:maths/bytes@0.1.0#echo"].interface == "acme:maths/bytes@0.1.0"


def test_a_shape_comes_through_json_unchanged() -> None:
    shape = shape_of(SUM)
    assert Shape.load(shape.dump()) == shape


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"imports": []}',
        b'{"imports":[1],"exports":[],"ours":true,"wasi":false,"functions":[],"skipped":[],"unmet":[]}',
        b'{"imports":[],"exports":[],"ours":true,"wasi":false,"functions":[{}],"skipped":[],"unmet":[]}',
        b'{"imports":[],"exports":[],"ours":true,"wasi":false,"functions":[],"skipped":[["a"]],"unmet":[]}',
        b" " * (5 * 1024 * 1024),
    ],
)
def test_what_is_no_shape_is_none(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong
        Shape.load(data)


PARTS = """(type $p (record (field "x" f64) (field "y" (option f64)))) (export $point "point" (type $p))
  (type $v (variant (case "circle" f64) (case "nothing"))) (export $shape "shape" (type $v))
  (type $e (enum "red" "dark-green")) (export $color "color" (type $e))
  (type $f (flags "bold" "wide")) (export $style "style" (type $f))"""


def test_schemas_are_valid_and_say_what_is_wanted() -> None:
    core = """(core module $n (memory (export "memory") 1)
      (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable)
      (func (export "f") (param f64 i32 f64 i32 f64 i32 i32 i32 i32) (result i32) unreachable))
      (core instance $k (instantiate $n))"""
    draw = """(func (export "draw") (param "at" $point) (param "what" $shape) (param "color" $color)
      (param "style" $style) (param "data" (list u8)) (result (result $shape (error string)))
      (canon lift (core func $k "f") (memory (core memory $k "memory")) (realloc (core func $k "r"))))"""
    (drawn,) = shape_of(component(PARTS, core, draw)).functions
    validator = jsonschema_rs.Draft202012Validator(drawn.input_schema)
    good = {"at": {"x": 1}, "what": {"circle": 2}, "color": "dark-green", "style": ["bold"], "data": "AA=="}
    assert validator.is_valid(good)
    for key, bad in [
        ("at", {"y": 1}),
        ("at", {"x": 1, "z": 1}),
        ("what", "circle"),
        ("what", {"nothing": None}),
        ("color", "green"),
        ("style", ["bold", "bold"]),
        ("data", [0]),
    ]:
        assert not validator.is_valid(good | {key: bad}), (key, bad)
    assert not validator.is_valid({k: v for k, v in good.items() if k != "what"})
    out = jsonschema_rs.Draft202012Validator(drawn.output_schema)
    assert out.is_valid("nothing")
    assert out.is_valid({"circle": "NaN"})


RESOURCES = """(component
  (core module $m (func (export "f") (param i32) (result i32) (i32.const 0)) (func (export "g")))
  (core instance $i (instantiate $m))
  (type $r (resource (rep i32)))
  (component $c
    (import "r" (type $r (sub resource))) (import "f" (func $f (param "a" (own $r)) (result u32)))
    (import "m" (func $m (param "self" (borrow $r)) (result u32)))
    (import "g" (func $g))
    (export $x "thing" (type $r))
    (export "take" (func $f) (func (param "a" (own $x)) (result u32)))
    (export "[method]thing.size" (func $m) (func (param "self" (borrow $x)) (result u32)))
    (export "plain" (func $g)))
  (func $f (param "a" (own $r)) (result u32) (canon lift (core func $i "f")))
  (func $m (param "self" (borrow $r)) (result u32) (canon lift (core func $i "f")))
  (func $g (canon lift (core func $i "g")))
  (instance $j (instantiate $c (with "r" (type $r)) (with "f" (func $f)) (with "m" (func $m)) (with "g" (func $g))))
  (export "acme:x/things" (instance $j)))"""
MADE_BY = """(component (core module $m (func (export "f")))
  (core instance $i (instantiate $m)) (func $f (canon lift (core func $i "f")))
  (instance $e (export "init" (func $f))) (export "exports" (instance $e))
  (instance $r (export "run" (func $f))) (export "wasi:cli/run@0.2.0" (instance $r)))"""


def test_functions_that_cannot_be_called_with_json_are_left_out_and_it_is_said_why() -> None:
    shape = shape_of(RESOURCES)
    assert [f.name for f in shape.functions] == ["plain"]
    assert dict(shape.skipped) == {
        "acme:x/things#take": "it takes or returns a resource",
        "acme:x/things#[method]thing.size": "it belongs to a resource",
    }


def test_a_future_is_no_value() -> None:
    core = '(core module $n (func (export "g") (param i32))) (core instance $k (instantiate $n))'
    wasm = component(core, '(func (export "f") (param "s" (future u8)) (canon lift (core func $k "g")))')
    assert shape_of(wasm).skipped == (("f", "it takes or returns a future"),)


def test_what_belongs_to_a_builder_or_to_wasi_is_no_tool() -> None:
    shape = shape_of(MADE_BY)
    assert shape.functions == ()
    assert dict(shape.skipped) == {
        "exports#init": "it belongs to componentize-py, which made the component",
        "wasi:cli/run@0.2.0#run": "it is an entry point of WASI, for programs and servers",
    }


def doubled(levels: int) -> str:
    types = "".join(f"(type $t{n} (tuple $t{n - 1} $t{n - 1}))" for n in range(1, levels + 1))
    core = """(core module $n (memory (export "memory") 1) (func (export "g") (param i32))
      (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable)) (core instance $k (instantiate $n))"""
    lift = '(canon lift (core func $k "g") (memory (core memory $k "memory")) (realloc (core func $k "r")))'
    return f'(component (type $t0 (tuple u32 u32)) {types} {core} (func (export "f") (param "a" $t{levels}) {lift}))'


def test_types_that_are_larger_than_they_look_are_not_spelled_out() -> None:
    assert shape_of(doubled(5)).skipped == ()
    assert shape_of(doubled(15)).skipped == (("f", "its types are too large"),)


def test_types_nested_for_their_own_sake_are_left_out() -> None:
    def nested(depth: int) -> bytes:
        kind = "(list " * depth + "bool" + ")" * depth
        return component(function("f", "echo", f'(param "a" {kind})', f"(result {kind})"))

    assert shape_of(nested(20)).skipped == ()
    assert shape_of(nested(40)).skipped == (("f", "its types are nested too deeply"),)


def test_a_component_cannot_fill_the_host_with_names() -> None:
    few = "".join(f'(export "f{n}" (func $f))' for n in range(MAX_FUNCTIONS))
    many = few + '(export "one-more" (func $f))'
    start = """(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (func $f (canon lift (core func $i "f")))"""
    assert len(shape_of(f"{start}{few})").functions) == MAX_FUNCTIONS
    with pytest.raises(UnfitError, match="exports more than"):
        shape_of(f"{start}{many})")
    types = "".join(f'(import "t{n}" (type (sub resource)))' for n in range(MAX_NAMES + 1))
    with pytest.raises(UnfitError, match="imports and exports"):
        shape_of(f"(component {types})")
    with pytest.raises(UnfitError, match="name is too long"):
        shape_of(f'(component (import "{"a" * 300}" (func)))')


def test_all_schemas_together_have_a_limit() -> None:
    names = " ".join(f'"{"n" * 150}{n}"' for n in range(450))
    functions = [function(f"f{n}", "echo", '(param "a" (list $x))', "(result (list $x))") for n in range(20)]
    shape = shape_of(component(f'(type $e (enum {names})) (export $x "x" (type $e))', *functions))
    assert shape.functions
    assert ("f19", "the types of this component are too large") in shape.skipped
    assert len(json.dumps([[f.input_schema, f.output_schema] for f in shape.functions])) < 2 * MAX_SCHEMAS


@pytest.mark.parametrize("version", ["2.0.0", "1.9.0", "0.1.0"])
def test_a_contract_of_another_version_is_named(version: str) -> None:
    with pytest.raises(UnfitError, match=f"made for lumos:plugin/kv@{version}, and this host serves"):
        shape_of(f'(component (import "lumos:plugin/kv@{version}" (instance (export "get" (func)))))')
