"""Attacks by plugins that never ran, by their names, and by what they are asked to work out."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from lumosai import Agent
from lumosai.plugins import modules
from lumosai_sdk import ToolError
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.scripted import ScriptedModel


@pytest.mark.parametrize("package", ["asyncio", "lumosai", "lumosai_sdk"])
async def test_removing_a_broken_plugin_forgets_no_module_of_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    info = tmp_path / "site-packages" / "evil-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text(f"[lumosai.plugins]\nevil = {package}\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(info.parent)])
    monkeypatch.setattr(sys, "modules", sys.modules.copy())
    before = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == package}
    async with open_host(tmp_path, ScriptedModel("ok"), agents=[Agent("a", model="test/x")]) as host:
        assert host.plugins.plugins["evil"].state == "broken"
        shutil.rmtree(info)
        await host.plugins.refresh()
        assert {n for n, m in before.items() if sys.modules.get(n) is not m} == set()


def _import(monkeypatch: pytest.MonkeyPatch, name: str, file: Path | None, folder: Path | None = None) -> None:
    module = ModuleType(name)
    module.__file__ = None if file is None else str(file)
    if folder is not None:
        module.__path__ = [str(folder)]
    monkeypatch.setitem(sys.modules, name, module)


def test_only_what_lies_in_a_plugins_folder_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "lumos_test_p"
    _import(monkeypatch, "lumos_test_p", root / "__init__.py")
    _import(monkeypatch, "lumos_test_p.names", None, root / "names")
    _import(monkeypatch, "lumos_test_p.elsewhere", tmp_path / "lumos_test_p_other" / "x.py")
    _import(monkeypatch, "lumos_test_p.nowhere", None)
    record = {"name": "p", "package": "lumos_test_p", "root": str(root)}
    assert modules.forget({**record, "error": "the name is taken"}) == {}
    assert modules.forget({"name": "p", "package": "lumos_test_p"}) == {}
    assert set(modules.forget(record)) == {"lumos_test_p", "lumos_test_p.names"}


@pytest.mark.parametrize("package", ["json", "lumosai", "lumosai_sdk.types"])
def test_the_host_is_not_forgotten_whatever_a_record_says(package: str) -> None:
    module = sys.modules.get(package) or __import__(package)
    root = Path(str(module.__file__)).parent
    assert modules.forget({"name": "evil", "package": package, "root": str(root)}) == {}


@pytest.mark.parametrize("expression", ["max(5)", "min(5)"])
async def test_a_calculation_cannot_open_the_circuit(tmp_path: Path, expression: str) -> None:
    async with open_host(tmp_path, ScriptedModel("x")) as host:
        for _ in range(6):
            assert await host.call_tool("calculator.evaluate", {"expression": expression}) == "5"


async def test_no_function_given_any_count_of_values_fails_as_a_plugin(tmp_path: Path) -> None:
    from lumosai_plugins.calculator.functions import FUNCTIONS

    async with open_host(tmp_path, ScriptedModel("x")) as host:
        for name in FUNCTIONS:
            for values in ("", "5", "-1", "0.5", "5, 2", "0, 0", "-1, 0.5", "1, 2, 3", "3, 0.1, -2, 7"):
                try:
                    await host.call_tool("calculator.evaluate", {"expression": f"{name}({values})"})
                except ToolError:
                    continue
        assert host.plugins.get("calculator").to_json()["failures"] == 0
