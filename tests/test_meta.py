"""The repository's own rules, held by tests."""

# ruff: noqa: PLR2004, SIM905 - a test says what it expects where it expects it
from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import lumosai
import lumosai_sdk
from lumosai import hookspecs
from lumosai_sdk import errors
from lumosai_sdk.kinds import PROTOCOLS
from lumosai_sdk.types import events

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the rules are about what git keeps")


def _tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


style: Any = _tool("style_report")


# --- the public surface


HOST = ["Agent", "Config", "Host", "Leave", "__version__", "load_config"]
SDK = """
API_VERSION AuthRequest BlockedError CollectionInfo ConfigError Decision EmbeddingRequest EmbeddingResponse Event
HttpRequest HttpResponse ImagePart InputError Limits LumosError Message ModelChunk ModelError ModelInfo ModelRequest
ModelResponse OutputSchema PanelBlock PanelView Pending PermissionDeniedError Permissions Phase PluginContext
PluginError Principal RunFilter RunInfo RunRecord RunRequest RunResult Sample Score Secret StorageError TextPart Thread
ToolCall ToolCallDelta ToolContext ToolError ToolSpec Turn Usage VectorHit VectorItem auth command hookimpl memory
monitor panel processor provider route scorer step storage tool vectors
""".split()


@pytest.mark.parametrize(("module", "pinned"), [(lumosai, HOST), (lumosai_sdk, SDK)])
def test_the_public_surface_is_sorted_and_changes_on_purpose_only(module: ModuleType, pinned: list[str]) -> None:
    assert module.__all__ == sorted(module.__all__)
    assert module.__all__ == pinned
    assert [n for n in module.__all__ if getattr(module, n, None) is None] == []


@pytest.mark.parametrize("module", [lumosai, lumosai_sdk])
def test_what_type_checkers_see_is_what_there_is(module: ModuleType) -> None:
    tree = ast.parse(inspect.getsource(module))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module != "__future__"]
    names = {a.asname or a.name for node in imports for a in node.names}
    assert set(module.__all__) <= names


# --- hooks, kinds, events, errors


HOOKS = sorted(n for n in vars(hookspecs) if n.startswith("lumos_"))


def _texts(*folders: str) -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in style.tracked(*folders) if p.suffix == ".py")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_described_documented_tested_and_used(hook: str) -> None:
    spec = getattr(hookspecs, hook)
    assert inspect.getdoc(spec), "has no docstring"
    reference = (ROOT / "docs" / "reference" / "hooks.md").read_text(encoding="utf-8")
    assert hook in reference, "is not in the reference; run docs/generate.py"
    for argument in inspect.signature(spec).parameters:
        assert argument in reference.partition(hook)[2], f"{argument} is not in the reference"
    assert hook in _texts("tests"), "has no test"
    assert hook in _texts("host/lumosai").replace(inspect.getsource(hookspecs), ""), "is not called by the host"


@pytest.mark.parametrize("kind", sorted(PROTOCOLS))
def test_every_kind_has_its_conformance_tests(kind: str) -> None:
    module = importlib.import_module(f"lumosai_sdk.testing.conformance.{kind}")
    classes = [c for n, c in vars(module).items() if n.endswith("Conformance")]
    assert classes
    for name, method in inspect.getmembers(classes[0], inspect.isfunction):
        assert not name.startswith("test_") or inspect.getdoc(method), f"{name} has no docstring"


def test_every_error_has_a_code_of_its_own_and_a_fitting_status() -> None:
    found = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.LumosError)]
    codes = [c.code for c in found]
    assert sorted(codes) == sorted(set(codes))
    assert all(400 <= c.status < 600 for c in found)
    assert all(inspect.getdoc(c) for c in found)


def test_every_event_has_a_type_of_its_own_and_is_json() -> None:
    found = [c for c in vars(events).values() if isinstance(c, type) and issubclass(c, events.Event)]
    types = [c.type for c in found]
    assert sorted(types) == sorted(set(types))
    for event in found:
        assert event().to_json()["type"] == event.type
        assert inspect.getdoc(event)


def test_hooks_that_a_manifest_may_name_are_all_there_are() -> None:
    assert len(HOOKS) == 10
    assert [h for h in HOOKS if not hasattr(getattr(hookspecs, h), "lumosai_spec")] == []


# --- style


def test_functions_and_files_are_short() -> None:
    report = style.measure(style.source())
    assert style.quantile(report.functions, 0.5) <= 8
    assert style.quantile(report.functions, 0.9) <= 28
    assert [p for p in report.functions if p.lines > 60] == []
    assert style.quantile(report.files, 0.5) <= 120
    assert style.quantile(report.files, 0.9) <= 350
    assert [p for p in report.files if p.lines > 600] == []


def test_the_report_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert style.main() == 0
    assert "a function" in capsys.readouterr().out


def test_a_quantile_of_little_is_no_crash() -> None:
    assert style.quantile([], 0.9) == 0
    assert style.quantile([style.Place("x", 7)], 0.9) == 7
    assert style.quantile([style.Place("x", n) for n in range(1, 102)], 0.9) == pytest.approx(90, abs=1)


# --- what git keeps


REGISTRIES = [
    "pypi" + ".org",
    "python" + "hosted",
    "npm" + "js.",
    "crates" + ".io",
    "registry." + "yarn",
    "proxy.golang" + ".org",
]


def test_nothing_names_where_packages_come_from() -> None:
    named = []
    for path in style.tracked():
        text = path.read_bytes()
        named += [f"{path.relative_to(ROOT)}: {host}" for host in REGISTRIES if host.encode() in text]
    assert named == []


def test_nothing_names_the_machine_it_was_written_on() -> None:
    home = "/ho" + "me/"
    allowed = {ROOT / "tests", ROOT / "docs"}
    suspicious = [home, "/ro" + "ot/", "/wo" + "rk/"]
    named = []
    for path in style.tracked():
        if path.suffix in {".py", ".toml", ".md", ".yml", ""} and not allowed & set(path.parents):
            text = path.read_text(encoding="utf-8", errors="replace")
            named += [f"{path.relative_to(ROOT)}: {s}" for s in suspicious if s in text]
    assert named == []


def test_every_file_of_source_reads_annotations_late() -> None:
    lacking = []
    for path in style.source():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        body = [n for n in tree.body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))]
        annotated = any(isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.AnnAssign) for n in ast.walk(tree))
        first = body[0] if body else None
        if annotated and not (isinstance(first, ast.ImportFrom) and first.module == "__future__"):
            lacking.append(str(path.relative_to(ROOT)))
    assert lacking == []


def test_the_declared_plugins_are_those_that_are_there() -> None:
    import tomllib

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["lumosai.plugins"]
    folders = {p.parent.name for p in (ROOT / "plugins" / "lumosai_plugins").glob("*/lumos-plugin.toml")}
    assert set(declared) == folders
    assert all(package == f"lumosai_plugins.{name}" for name, package in declared.items())
