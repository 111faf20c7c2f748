"""Manifests that ask for more than a sandboxed plugin may be, or for so much that reading it is the attack."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from lumosai.plugins.build import _locate
from lumosai.plugins.generation import Generation
from lumosai.plugins.hooks import Hooks
from lumosai_sdk.errors import InputError, ManifestError, PluginLoadError
from lumosai_sdk.manifest import parse
from lumosai_sdk.permissions import MAX_LENGTH, MAX_RULES, Grant, Permissions
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.types.plugins import PluginContext

SOON = 0.05
HEAD = 'schema = 1\nname = "evil"\nversion = "1.0.0"\napi = ">=1.0,<2"\n'
TOOL = '[[contributes.tool]]\nid = "evil.t"\ntarget = "t"\ninput_schema = {}\n'


def package(folder: Path, text: str, mark: str) -> Path:
    root = folder / f"{mark}_package"
    root.mkdir(parents=True)
    (root / "__init__.py").write_text("", encoding="utf-8")
    (root / "plugin.wasm").write_bytes(b"\0asm\x0d\0\1\0")
    (root / "hooks.py").write_text(
        f"import sys\nfrom lumosai_sdk import hookimpl\nsys.modules['{mark}'] = sys\n\n"
        "@hookimpl\nasync def lumos_startup(host): ...\n",
        encoding="utf-8",
    )
    (root / "lumos-plugin.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("hooks", ['hooks = ["lumos_startup"]', 'hooks_module = "os"', 'hooks = ["x"]'])
def test_a_sandboxed_plugin_has_no_hooks(hooks: str) -> None:
    """Hooks are Python that the host imports: a manifest that says "wasm" must not bring any along."""
    with pytest.raises(ManifestError, match="hooks"):
        parse(f'{HEAD}runtime = "wasm"\nmodule = "plugin.wasm"\n{hooks}\n{TOOL}'.encode(), "evil", "x")


def test_a_native_plugin_may_have_them() -> None:
    assert parse(f'{HEAD}hooks = ["lumos_startup"]\n'.encode(), "evil", "x").hooks == ("lumos_startup",)


async def test_no_python_of_a_sandboxed_plugin_is_imported(lumos_host: OpenHost, tmp_path: Path) -> None:
    mark = "lumos_review_evil"
    text = f'{HEAD}runtime = "wasm"\nmodule = "plugin.wasm"\nhooks = ["lumos_startup"]\n{TOOL}'
    async with lumos_host(host={"plugin_paths": [str(package(tmp_path, text, mark))]}) as host:
        assert mark not in sys.modules
        assert "hooks" in next(p.reason for p in host.plugins.plugins.values() if "evil" in p.name)


async def test_python_of_a_native_plugin_is(lumos_host: OpenHost, tmp_path: Path) -> None:
    mark = "lumos_review_honest"
    text = f'{HEAD}hooks = ["lumos_startup"]\n'
    async with lumos_host(host={"plugin_paths": [str(package(tmp_path, text, mark))]}):
        assert mark in sys.modules
    del sys.modules[mark]


def test_an_index_that_says_otherwise_brings_no_hooks_either() -> None:
    """The index of an older host may hold such a record still: it was checked by that one's rules."""
    record = {"name": "evil", "package": "json", "runtime": "wasm", "hooks": ["x"], "hooks_module": "this"}
    sys.modules.pop("this", None)
    with pytest.raises(PluginLoadError, match="sandboxed"):
        Hooks(lambda *_: None).register(Generation(record, PluginContext("evil"), lambda *_: None))
    assert "this" not in sys.modules


@pytest.mark.parametrize(
    "asked",
    [
        {"http": ["GET https://a.example/*"] * (MAX_RULES + 1)},
        {"tools": ["t"] * (MAX_RULES + 1)},
        {"tools": ["a*" * MAX_LENGTH]},
        {"http": ["GET https://a.example/" + "a" * MAX_LENGTH]},
    ],
    ids=["rules", "names", "long glob", "long rule"],
)
def test_rights_without_end_are_refused(asked: dict[str, list[str]]) -> None:
    """Each request of a plugin is held against each of its rules, on the event loop."""
    with pytest.raises(InputError, match="at most"):
        Permissions.from_json(asked)


def test_as_many_rights_as_there_may_be_are_looked_through_in_no_time() -> None:
    asked = Permissions.from_json({"http": [f"GET https://h{i}.example/*" for i in range(MAX_RULES)]})
    wide = Permissions.from_json({"http": ["GET https://*/*"]})
    grant = Grant(asked, wide).effective
    best = 1.0
    for _ in range(5):
        began = time.perf_counter()
        assert grant.allows_http("GET", f"https://h{MAX_RULES - 1}.example/x")
        assert not grant.allows_http("GET", "https://other.example/x")
        best = min(best, time.perf_counter() - began)
    assert best < SOON


@pytest.mark.parametrize("package", ["json./etc", "/x", "json.", ""])
def test_an_entry_point_leads_to_no_folder_but_a_packages(package: str) -> None:
    with pytest.raises((ValueError, FileNotFoundError)):
        _locate(package, "")
    assert _locate("json", "").name == "json"
