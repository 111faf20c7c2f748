"""Python to a component, by componentize-py: CPython, the plugin and what it imports, as one memory image."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path
from pprint import pformat
from tempfile import TemporaryDirectory

from lumosai_sdk import wit
from lumosai_sdk.building import dependencies, steady, toolchain, world
from lumosai_sdk.building.project import Project
from lumosai_sdk.building.steps import BuildError, Say, run
from lumosai_sdk.guest.plan import Plan

_APP = "lumos_component"
_SDK = Path(__file__).parents[1]
# The parts of the SDK that are for hosts and authors: they would bring pydantic, pluggy and event loops.
_NOT_FOR_GUESTS = shutil.ignore_patterns(
    "__pycache__", "building", "hooks.py", "manifest.py", "py.typed", "scaffolds", "testing", "threads.py"
)
_NOT_SOURCE = shutil.ignore_patterns("__pycache__", "*.pyc", "*.wasm", "node_modules")


def component(project: Project, out: Path, say: Say) -> None:
    """Write the plugin's component to *out*. Raises BuildError and MissingToolError."""
    tool = toolchain.componentize_py()
    with TemporaryDirectory(prefix="lumos-build-") as name:
        folder = Path(name)
        _stage(project, folder / "app")
        wits = world.write(project, folder / "wit")
        say("making a component of Python and the plugin (some seconds)")
        options = ["-q", "-d", str(wits), "-w", world.NAME, "componentize", "--stub-wasi"]
        command = [*tool, *options, "-p", str(folder / "app"), "-o", str(out.absolute()), _APP]
        # Without a virtual environment of its own it would offer the guest all that is installed here.
        env = toolchain.environment(VIRTUAL_ENV=str(folder), **steady.environment(calls=True))
        run(command, cwd=folder, env=env, what="componentize-py")


def _stage(project: Project, folder: Path) -> None:
    """Put together what the guest may import: the SDK's part for guests, the plugin's package, and its plan."""
    shutil.copytree(_SDK, folder / "lumosai_sdk", ignore=_NOT_FOR_GUESTS)
    top = project.package.partition(".")[0]
    root = project.home.parents[project.package.count(".")]
    shutil.copytree(root / top, folder / top, ignore=_NOT_SOURCE)
    dependencies.stage(project, folder)
    functions = {i: tuple(wit.exports()[i]) for i in world.exported(project)}
    text = (
        # The datetime in C asks an operating system for the time; the one in Python asks ``time``, and that the host.
        "import sys\n\nimport _pydatetime\n\n"
        # The zoneinfo in C takes no datetime but that in C.
        "sys.modules.update(datetime=_pydatetime, _zoneinfo=None)\n"
        "from lumosai_sdk.guest.component import exported\n"
        "from lumosai_sdk.guest.plan import Plan\n\n"
        f"PLAN = {pformat(plan(project))}\n"
        f"globals().update(exported(PLAN, {functions!r}))\n"
    )
    (folder / f"{_APP}.py").write_text(text, encoding="utf-8")


def plan(project: Project) -> Plan:
    """Return what the guest has to know of the manifest. Raises BuildError for a manifest that names no code."""
    manifest = project.manifest
    contributes = {kind: {c.id: c.target for c in items} for kind, items in manifest.contributes if items}
    if not contributes:
        raise BuildError(f"{manifest.name}: the manifest contributes nothing", hint="add a [[contributes.tool]] to it")
    properties = (manifest.settings_schema or {}).get("properties", {})
    secrets = tuple(sorted(k for k, v in properties.items() if isinstance(v, dict) and v.get("format") == "secret"))
    return Plan(manifest.name, manifest.version, contributes, secrets, project.imports, tuple(preloaded(project)))


def preloaded(project: Project) -> list[str]:
    """Return the plugin's own modules, and all that any of their functions imports."""
    found: set[str] = set()
    root = project.home.parents[project.package.count(".")]
    for path in sorted((root / project.package.partition(".")[0]).rglob("*.py")):
        if path.name == "__main__.py":
            continue
        parts = path.relative_to(root).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.add(module)
        found.update(_imported(path, module if parts[-1] == "__init__" else module.rpartition(".")[0]))
    return sorted(found - {"", "__future__"})


def _imported(path: Path, package: str) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    except (SyntaxError, ValueError) as e:
        raise BuildError(f"{path}: {e}") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            base = ".".join(parents[: len(parents) - node.level + 1]) if node.level else ""
            module = ".".join(p for p in (base, node.module or "") if p)
            yield module
            yield from (f"{module}.{a.name}" for a in node.names if a.name.islower())
