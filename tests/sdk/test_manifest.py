"""The manifest: what is read, and what is refused with the key that is wrong."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_sdk.errors import ManifestError
from lumosai_sdk.manifest import FILE_NAME, MAX_BYTES, Manifest, load, parse

HEAD = 'schema = 1\nname = "demo"\nversion = "1.0"\napi = ">=1.0,<2"\n'


def read(text: str) -> Manifest:
    return parse(text.encode(), "demo", "demo/lumos-plugin.toml")


def test_the_smallest() -> None:
    manifest = read(HEAD)
    assert (manifest.name, manifest.version, manifest.runtime, manifest.hooks) == ("demo", "1.0", "python", ())
    assert manifest.permissions == {}
    assert manifest.contributes.tool == ()


def test_a_large_one() -> None:
    manifest = read(
        HEAD
        + """
runtime = "wasm"
module = "plugin.wasm"
description = "Shows all there is"
homepage = "https://example.org"

[permissions]
http = ["GET https://api.example.org/*"]
kv = true

[limits]
memory = "64MiB"
time = "2.5s"
concurrency = 4

[settings_schema]
type = "object"

[[contributes.tool]]
id = "demo"
target = "run"
approval = "always"
timeout = 5
[contributes.tool.input_schema]
type = "object"

[[contributes.provider]]
id = "demo.models"
target = "models"
capabilities = ["chat", "embedding"]

[[contributes.processor]]
id = "demo.guard"
target = "guard"
phases = ["input", "output"]

[[contributes.route]]
id = "demo.items"
target = "items"
path = "/items/{id}"
methods = ["GET", "DELETE"]

[[contributes.panel]]
id = "demo.panel"
target = "panel"
title = "Demo"
"""
        + "".join(
            f'[[contributes.{kind}]]\nid = "demo.{kind}"\ntarget = "{kind}"\n'
            for kind in ("storage", "monitor", "step", "command", "auth", "memory", "vectors", "scorer")
        )
    )
    assert manifest.permissions == {"http": ["GET https://api.example.org/*"], "kv": True}
    assert all(items for _, items in manifest.contributes)
    assert manifest.contributes.tool[0].input_schema == {"type": "object"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("schema = 2", "schema: Input should be 1"),
        ("schema = ", "not TOML"),
        ('name = "Demo"', "name: String should match"),
        ('name = "d/../e"', "name: String should match"),
        ('name = ""', "name: String should match"),
        ('version = "one"', "version: 'one' is not a version"),
        ('api = "1.x.y"', "api: '1.x.y' is not a version specifier"),
        ('nmae = "demo"', "nmae: Extra inputs"),
        ('runtime = "perl"', "runtime: Input should be 'python' or 'wasm'"),
        ('runtime = "wasm"', "needs module"),
        ("hooks = 1", "hooks: Input should be"),
        ("[permissions]\nhtttp = []", "permissions: unknown permission 'htttp'"),
        ('[permissions]\nhttp = ["GET nowhere"]', "permissions: 'GET nowhere' is not an http permission"),
        ('[limits]\nmemory = "lots"', "limits.memory: 'lots' is no quantity; write it as '64MiB'"),
        ('[limits]\ntime = "2h"', "limits.time: '2h' is no quantity"),
        ("[limits]\nconcurrency = 0", "limits.concurrency: Input should be greater"),
        (
            '[[contributes.tool]]\nid = "other.x"\ntarget = "t"',
            "tool id 'other.x' must be 'demo' or start with 'demo.'",
        ),
        ('[[contributes.tool]]\nid = "demox"\ntarget = "t"', "tool id 'demox' must be"),
        ('[[contributes.tool]]\nid = "demo.A"\ntarget = "t"', "contributes.tool.0.id: String should match"),
        ('[[contributes.tool]]\nid = "demo.a.b.c.d.e"\ntarget = "t"', "contributes.tool.0.id"),
        ('[[contributes.tool]]\nid = "demo.a"', "contributes.tool.0.target: Field required"),
        ('[[contributes.tool]]\nid = "demo.a"\ntarget = "t"\ntimeout = 0', "contributes.tool.0.timeout"),
        ('[[contributes.tool]]\nid = "demo.a"\ntarget = "t"\napproval = "maybe"', "contributes.tool.0.approval"),
        (
            '[[contributes.tool]]\nid = "demo.a"\ntarget = "t"\n' * 2,
            "tool id 'demo.a' stands twice",
        ),
        ('[[contributes.route]]\nid = "demo.a"\ntarget = "t"\npath = "x"', "contributes.route.0.path"),
        ('[[contributes.route]]\nid = "demo.a"\ntarget = "t"\npath = "/a b"', "contributes.route.0.path"),
        ('[[contributes.route]]\nid = "demo.a"\ntarget = "t"\npath = "/"\nmethods = ["TRACE"]', "methods"),
        ('[[contributes.processor]]\nid = "demo.a"\ntarget = "t"\nphases = ["thought"]', "phases"),
        ('[[contributes.gadget]]\nid = "demo.a"\ntarget = "t"', "contributes.gadget: Extra inputs"),
        ("description = '" + "x" * 5000 + "'", "description: String should have at most 4096"),
    ],
)
def test_mistakes_name_plugin_file_and_key(change: str, says: str) -> None:
    key = change.partition(" =")[0]
    kept = "".join(line + "\n" for line in HEAD.splitlines() if not line.startswith(f"{key} ="))
    with pytest.raises(ManifestError) as error:
        read(kept + change)
    assert "plugin 'demo': demo/lumos-plugin.toml: " in str(error.value)
    assert says in str(error.value)


def test_mistakes_do_not_repeat_what_was_written() -> None:
    with pytest.raises(ManifestError) as error:
        read(HEAD + 'token = "s3cret"')
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe",
        b"\0",
        b"a = " + b"[" * 100_000,
        b"a = " + b"{b=" * 10_000,
        b"a" + b".a" * 100_000 + b" = 1",
        b'"a\xe2\x80\xa8"' + b'."\xe2\x80\xa8"' * 100_000 + b" = 1",
        b"a = " + b"9" * 10_000,
        b"schema = 99999999999999999999999999",
        b"[contributes]\ntool = 3",
        b"",
    ],
)
def test_bombs_and_garbage(raw: bytes) -> None:
    with pytest.raises(ManifestError):
        parse(raw, "demo", "x")


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "demo" / FILE_NAME
    path.parent.mkdir()
    path.write_text(HEAD, encoding="utf-8")
    assert load(path).name == "demo"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="No such file"):
        load(tmp_path / "demo" / FILE_NAME)
    with pytest.raises(ManifestError, match="directory"):
        load(tmp_path)


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ManifestError, match="larger than 1048576 bytes"):
        load(path)


@pytest.mark.parametrize("text", ["64MiB", "1 KiB", "2GiB", "7B"])
def test_sizes(text: str) -> None:
    assert read(f'{HEAD}[limits]\nmemory = "{text}"').limits.memory == text


@pytest.mark.parametrize("text", ["2s", "1.5min", "20ms"])
def test_times(text: str) -> None:
    assert read(f'{HEAD}[limits]\ntime = "{text}"').limits.time == text


@pytest.mark.parametrize("key", ["memory", "time"])
@pytest.mark.parametrize("text", ["", "1", "MiB", "-1s", "1h", "1e9s", "9999999s", "1s\\nx", "1s\\n", "64MiB\\n"])
def test_what_is_no_quantity(key: str, text: str) -> None:
    with pytest.raises(ManifestError, match="is no quantity"):
        read(f'{HEAD}[limits]\n{key} = "{text}"')


# --- properties

_NAMES = st.from_regex(r"\A[a-z][a-z0-9-]{0,10}\Z")
_LAST = st.from_regex(r"\A[a-z0-9][a-z0-9_-]{0,10}\Z")


@st.composite
def _manifests(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(_NAMES)
    ids = draw(st.lists(_LAST, max_size=4, unique=True))
    tools = [
        {
            "id": f"{name}.{last}",
            "target": "module:attribute",
            "description": draw(st.text(max_size=20)),
            "approval": draw(st.sampled_from(["never", "always"])),
            "input_schema": {"type": "object", "properties": {}},
        }
        for last in ids
    ]
    version = ".".join(str(n) for n in draw(st.lists(st.integers(0, 99), min_size=1, max_size=3)))
    return {
        "schema": 1,
        "name": name,
        "version": version,
        "api": ">=1.0,<2",
        "hooks": draw(st.lists(_LAST, max_size=2)),
        "permissions": {"env": draw(st.lists(_LAST, min_size=1, max_size=2))},
        "contributes": {"tool": tools},
    }


@settings(max_examples=100, deadline=None)
@given(_manifests())
def test_a_manifest_survives_the_way_there_and_back(data: dict[str, Any]) -> None:
    manifest = read(tomlkit.dumps(data))
    told = manifest.model_dump(mode="json", by_alias=True)
    assert told["name"] == data["name"]
    assert [t["id"] for t in told["contributes"]["tool"]] == [t["id"] for t in data["contributes"]["tool"]]
    assert Manifest.model_validate(json.loads(json.dumps(told))) == manifest


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    ["schema", "name", "version", "api", "runtime", "hooks", "permissions", "limits", "contributes"]
)


@settings(max_examples=200, deadline=None)
@given(_manifests(), _KEYS, _JSON)
def test_a_key_of_another_shape_is_taken_or_refused_in_words(data: dict[str, Any], key: str, value: Any) -> None:
    with contextlib.suppress(tomlkit.exceptions.TOMLKitError, TypeError, ValueError):
        text = tomlkit.dumps({**data, key: value})
        with contextlib.suppress(ManifestError):
            read(text)


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(str.encode)
    | st.text(max_size=100).map(lambda t: (HEAD + t).encode())
)
def test_any_bytes_are_a_manifest_or_refused_in_words(raw: bytes) -> None:
    with contextlib.suppress(ManifestError):
        parse(raw, "demo", "x")
