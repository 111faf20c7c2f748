"""The check that manifest and code agree finds it when they do not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lumosai_sdk.testing.manifest_check import disagreements

MANIFEST = """
schema = 1
name = "checked"
version = "1.0"
api = ">=1.0,<2"
hooks = [{hooks}]

[settings_schema.properties.greeting]
type = "string"
default = "Hello"

[[contributes.tool]]
id = "checked.greet"
target = "{package}.code:{target}"
description = "{description}"
[contributes.tool.input_schema]
type = "object"
additionalProperties = false
[contributes.tool.input_schema.properties.name]
anyOf = [{{ type = "string" }}, {{ type = "null" }}]
[contributes.tool.output_schema]
type = "string"

[[contributes.processor]]
id = "checked.guard"
target = "{package}.code:guard"
phases = ["{phase}"]

[[contributes.command]]
id = "checked.command"
target = "{package}.code:{command}"
"""

CODE = """
from lumosai_sdk import PluginContext, command, processor, tool
from lumosai_sdk.functions import FunctionTool

class Greet(FunctionTool):
    def __init__(self, context: PluginContext) -> None:
        greeting = context.settings["greeting"]
        async def greet(name: str | None = None) -> str:
            '''Greet somebody.'''
            return f"{greeting}, {name}"
        made = FunctionTool.of(greet, id="checked.greet")
        super().__init__(made.fn, made.spec, made.signature)

class Space:
    inner = Greet

@processor("output")
def guard(value, context):
    return value

@command("checked.command")
class Command:
    def __init__(self, context): ...
    def add_arguments(self, parser): ...
    def run(self, arguments, context): return 0

@command("other")
class Other(Command): ...

def factory(context):
    return Command(context)
"""


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> object:
    package = f"checked_{abs(hash(request.node.nodeid))}"
    monkeypatch.syspath_prepend(tmp_path)

    def run(**changes: str) -> list[str]:
        parts = {
            "hooks": "",
            "target": "Greet",
            "description": "Greet somebody.",
            "phase": "output",
            "command": "Command",
            "package": package,
        }
        folder = tmp_path / package
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
        (folder / "code.py").write_text(CODE, encoding="utf-8")
        (folder / "hooks.py").write_text("def lumos_on_event(event): ...\n", encoding="utf-8")
        (folder / "lumos-plugin.toml").write_text(MANIFEST.format(**{**parts, **changes}), encoding="utf-8")
        try:
            return [line.replace(package, "checked") for line in disagreements(package)]
        finally:
            for name in [n for n in sys.modules if n.startswith(package)]:
                del sys.modules[name]

    return run


@pytest.mark.parametrize(
    "changes",
    [{}, {"target": "Space.inner"}, {"command": "factory"}, {"hooks": '"lumos_on_event"'}],
)
def test_they_agree(check: object, changes: dict[str, str]) -> None:
    assert callable(check)
    assert check(**changes) == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"description": "Insult."}, "tool checked.greet: description: the manifest has 'Insult.', the code 'Greet"),
        ({"target": "missing"}, "tool checked.greet: checked.code:missing cannot be built: AttributeError"),
        ({"target": "Command"}, "tool checked.greet: checked.code:Command is a Command, which is no tool"),
        ({"command": "Other"}, "command checked.command: id: the manifest has 'checked.command', the code 'other'"),
        ({"phase": "input"}, "processor checked.guard: phases: the manifest has ['input'], the code ['output']"),
        ({"hooks": '"lumos_startup"'}, "hook lumos_startup: checked.hooks does not have it"),
    ],
)
def test_they_do_not(check: object, changes: dict[str, str], line: str) -> None:
    assert callable(check)
    (found,) = check(**changes)
    assert found.startswith(line)
