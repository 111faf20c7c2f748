"""A plugin around a component that was written for something else: ``lumos plugin new NAME --from FILE``."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli.plugins.compiling import compiled, component, is_large
from lumosai.cli.plugins.progress import steps
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from lumosai_sandbox.artefacts import Function, Shape

_PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.33"]
build-backend = "hatchling.build"

[project]
name = "{namespace}-{name}"
version = "0.1.0"
description = "{about}"
requires-python = ">=3.11"

# The package that holds lumos-plugin.toml.
[project.entry-points."lumosai.plugins"]
{name} = "{package}"

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""


def adopt(name: str, wasm: str, folder: Path, namespace: str) -> list[Path]:
    """Make a package of the component *wasm* in *folder*: a tool for each of its plain functions; return its files.

    None of its code is run. Raises InputError for a file that is none, or has nothing to offer.
    """
    path = component(wasm)
    with steps(f"looking at {path.name}", lines=is_large(path), announced=False) as told:
        shape = asyncio.run(compiled(path, None, told)).shape
    _check(path, shape)
    package = f"{namespace}_{name.replace('-', '_')}"
    about = f"The functions of {path.name}"
    quoted = about.replace('"', "'")
    files = {
        "pyproject.toml": _PYPROJECT.format(
            name=name, namespace=namespace, package=package, about=about.replace('"', "'")
        ),
        f"{package}/__init__.py": f'"""{quoted}, as tools."""\n',
        f"{package}/lumos-plugin.toml": _manifest(name, about, shape),
    }
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    shutil.copyfile(path, folder / package / "plugin.wasm")
    return [*(folder / f for f in files), folder / package / "plugin.wasm"]


def _check(path: Path, shape: Shape) -> None:
    if shape.ours:
        raise InputError(f"{path} is a plugin for LumosAI already", hint="install the wheel it came in")
    if shape.unmet:
        raise InputError(f"{path} imports what this host does not offer: {', '.join(shape.unmet)}")
    if not shape.functions:
        raise InputError(f"{path} exports no function of plain values", hint=f"lumos plugin inspect {path}")


def _manifest(name: str, about: str, shape: Shape) -> str:
    from lumosai_sdk import manifest
    from lumosai_sdk.building import toml

    taken: set[str] = set()
    tools = [_tool(name, f, taken) for f in shape.functions]
    head = {"schema": 1, "name": name, "version": "0.1.0", "api": ">=1.0,<2", "runtime": "wasm"}
    text = toml.dumps({**head, "module": "plugin.wasm", "description": about, "contributes": {"tool": tools}})
    manifest.parse(text.encode(), name, manifest.FILE_NAME)
    return text


def _tool(name: str, function: Function, taken: set[str]) -> dict[str, Any]:
    """Return a function as a contribution; its interface is named where two would have one id."""
    id_ = f"{name}.{_word(function.name)}"
    if id_ in taken:
        id_ = f"{name}.{_word(function.key)}"
    taken.add(id_)
    return {
        "id": id_,
        "target": function.key,
        "description": f"The function {function.key}",
        "input_schema": function.input_schema,
        "output_schema": function.output_schema,
    }


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:64] or "call"
