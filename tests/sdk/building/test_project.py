"""What a build reads and writes around the component: folders, worlds, manifests, TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from lumosai_sdk.building import dependencies, manifest, project, python, toml, world
from lumosai_sdk.building.steps import BuildError
from lumosai_sdk.errors import LumosError

from .conftest import Make

TOOL = """
[[contributes.tool]]
id = "x.go"
target = "lumosai_x.tools:go"
"""
ALL = """
[permissions]
http = ["GET https://example.org/*"]
files = ["read ./a"]
env = ["A"]
secrets = ["key to example.org"]
models = ["*"]
tools = ["*"]
kv = true
clock = true
random = true
"""


def test_a_plugin_in_python_is_the_default(make: Make) -> None:
    found = project.read(make(manifest=TOOL))
    assert (found.language, found.package, found.home.name) == ("python", "lumosai_x", "lumosai_x")
    assert (found.imports, found.kinds) == (("config", "events", "log"), ("tool",))


def test_a_package_may_lie_below_src(make: Make) -> None:
    folder = make()
    (folder / "src").mkdir()
    (folder / "lumosai_x").rename(folder / "src" / "lumosai_x")
    assert project.read(folder).home == folder / "src" / "lumosai_x"


@pytest.mark.parametrize(
    ("pyproject", "says"),
    [
        ('[tool.lumos.build]\nlanguage = "cobol"', "language is one of"),
        ('[tool.lumos.build]\nlang = "c"', "tool.lumos.build.lang is unknown"),
        ('[tool.lumos.build]\nlanguage = "c"', "src/plugin.c"),
        ('[tool.lumos.build]\nlanguage = "c"\nsource = "../../etc/passwd"', "outside"),
        ('[tool.lumos.build]\npackage = "../x"', "no package's name"),
        ('[tool.lumos.build]\npackage = "elsewhere"', "no lumos-plugin.toml"),
        ("[tool]\nlumos = 3", "must be a table"),
        ("[[[", "not TOML"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(make: Make, pyproject: str, says: str) -> None:
    with pytest.raises(BuildError, match=says):
        project.read(make(pyproject=pyproject))


def test_a_folder_without_a_project_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="lumos plugin new"):
        project.read(tmp_path)


def test_versions_must_agree(make: Make) -> None:
    folder = make()
    path = folder / "pyproject.toml"
    path.write_text(path.read_text().replace('version = "0.1.0"', 'version = "0.2.0"'))
    with pytest.raises(BuildError, match=r"0\.2\.0"):
        project.read(folder)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[contributes.route]]\nid = "x.r"\ntarget = "a:b"\npath = "/r"', "cannot contribute route"),
        ('hooks = ["lumos_on_event"]', "has no hooks"),
    ],
)
def test_what_no_guest_can_do_is_refused(make: Make, text: str, says: str) -> None:
    with pytest.raises(BuildError, match=says):
        _ = project.read(make(manifest=text)).kinds


def test_a_world_imports_what_is_asked_for_and_exports_what_is_contributed(make: Make) -> None:
    text = world.world(project.read(make(manifest=ALL + TOOL)))
    for name in (
        "http",
        "files",
        "env",
        "secrets",
        "model",
        "tools",
        "kv",
        "clock",
        "random",
        "log",
        "config",
        "events",
    ):
        assert f"import lumos:plugin/{name}@1.0.0;" in text
    assert "export lumos:plugin/tool@1.0.0;" in text
    assert "export lumos:plugin/plugin@1.0.0;" in text
    assert "export lumos:plugin/storage" not in text


def test_what_is_not_asked_for_is_not_imported(make: Make) -> None:
    assert "import lumos:plugin/kv" not in world.world(project.read(make(manifest=TOOL)))


# --- python


def test_all_that_is_imported_anywhere_is_known(make: Make) -> None:
    files = {
        "lumosai_x/tools.py": "import json\nfrom . import other\ndef f():\n    import csv\n    from .deep.er import g",
        "lumosai_x/deep/__init__.py": "from ..other import h",
        "lumosai_x/deep/er.py": "from decimal import Decimal",
        "lumosai_x/__main__.py": "import this_is_for_people",
    }
    found = python.preloaded(project.read(make(files, manifest=TOOL)))
    assert {"json", "csv", "decimal", "lumosai_x", "lumosai_x.tools", "lumosai_x.deep.er", "lumosai_x.other"} <= {
        *found
    }
    assert "this_is_for_people" not in found


def test_code_that_is_none_is_named(make: Make) -> None:
    with pytest.raises(BuildError, match=r"tools\.py"):
        python.preloaded(project.read(make({"lumosai_x/tools.py": "def"}, manifest=TOOL)))


def test_the_plan_has_targets_and_secrets(make: Make) -> None:
    schema = '[settings_schema.properties]\nkey = { type = "string", format = "secret" }\nn = { type = "integer" }\n'
    found = python.plan(project.read(make(manifest=schema + TOOL)))
    assert (found.contributes, found.secrets) == ({"tool": {"x.go": "lumosai_x.tools:go"}}, ("key",))


def test_a_manifest_that_contributes_nothing_is_no_python_plugin(make: Make) -> None:
    with pytest.raises(BuildError, match="contributes nothing"):
        python.plan(project.read(make()))


def test_declared_packages_go_along_if_they_are_of_python_alone(make: Make, tmp_path: Path) -> None:
    def staged(text: str) -> Path:
        found = project.read(make(manifest=TOOL))
        object.__setattr__(found, "metadata", {**found.metadata, "dependencies": [text]})
        dependencies.stage(found, tmp_path / "staged")
        return tmp_path / "staged"

    assert (staged("iniconfig") / "iniconfig" / "__init__.py").is_file()
    with pytest.raises(BuildError, match="not installed"):
        staged("no-such-distribution-here")
    with pytest.raises(BuildError, match="is installed here"):
        staged("iniconfig<0.1")
    with pytest.raises(BuildError, match="not of Python alone"):
        staged("numpy")
    with pytest.raises(BuildError, match="dependencies"):
        staged("not a requirement!")


# --- manifests


def merged(folder: Path, described: Any) -> dict[str, Any]:
    return tomllib.loads(manifest.merged(project.read(folder), described))


def test_the_code_completes_what_the_author_says(make: Make) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer", "default": None}}}
    said = {"contributes": {"tool": [{"id": "x.go", "description": "Go.", "input_schema": schema, "timeout": 3.0}]}}
    found = merged(make(manifest=TOOL + 'description = "The author\'s."\n'), said)
    (tool,) = found["contributes"]["tool"]
    assert (tool["description"], tool["timeout"], tool["target"]) == ("The author's.", 3.0, "tool")
    assert tool["input_schema"]["properties"]["a"] == {"type": "integer"}
    assert (found["runtime"], found["module"], found["limits"]) == ("wasm", "plugin.wasm", {"memory": "256MiB"})


def test_what_only_the_code_knows_of_is_added(make: Make) -> None:
    found = merged(make(), {"contributes": {"tool": [{"id": "x.new", "description": "New.", "evil": 1}]}})
    assert found["contributes"]["tool"] == [{"id": "x.new", "description": "New.", "target": "tool"}]


def test_schemas_lose_their_nulls_and_not_their_meaning(make: Make) -> None:
    schema = {"properties": {"a": {"enum": ["x", None]}, "b": {"const": None}}}
    (tool,) = merged(make(), {"contributes": {"tool": [{"id": "x.n", "input_schema": schema}]}})["contributes"]["tool"]
    found = tool["input_schema"]["properties"]
    assert found == {"a": {"anyOf": [{"enum": ["x"]}, {"type": "null"}]}, "b": {"type": "null"}}


@pytest.mark.parametrize(
    "said",
    [
        {"contributes": {"storage": [{"id": "x.s"}]}},
        {"contributes": {"tool": "many"}},
        {"contributes": {"tool": [{"id": f"x.t{n}"} for n in range(300)]}},
        {"contributes": {"tool": [{"id": "other.tool"}]}},
        {"contributes": {"tool": [{"id": "x.t", "timeout": -1}]}},
    ],
)
def test_a_component_cannot_say_what_no_manifest_may(make: Make, said: Any) -> None:
    with pytest.raises(LumosError):
        merged(make(), said)


# --- TOML

TABLES: list[dict[str, Any]] = [
    {"a": 1, "b": {"c": {"d": [1, 2.5, True, "x"]}}, "e": []},
    {"t": [{"a": {"b": 1}}, {"a": {}, "l": [{"x": 1}, {"x": 2}]}]},
    {"odd key": 'quotes " and \\ and \x7f and \n and ü', "a.b": {"": 1}},
    {"mixed": [1, {"a": 1}], "deep": {"empty": {}}},
]


@pytest.mark.parametrize("data", TABLES)
def test_toml_is_read_as_it_was_written(data: dict[str, Any]) -> None:
    assert tomllib.loads(toml.dumps(data)) == data


def test_toml_has_no_null() -> None:
    with pytest.raises(TypeError):
        toml.dumps({"a": None})
