"""JavaScript and TypeScript to a component: bundled by esbuild, which strips types, and put into QuickJS."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from lumosai_sdk import wit
from lumosai_sdk.building import steady, toolchain, world
from lumosai_sdk.building.project import Project
from lumosai_sdk.building.steps import BuildError, Say, run

_HERE = toolchain.LOCK
_PACKAGES = ("componentize-qjs", "esbuild")


def component(project: Project, out: Path, say: Say) -> None:
    """Write the plugin's component to *out*. Raises BuildError and MissingToolError."""
    node, modules = toolchain.node(), toolchain.node_modules(project.folder, _PACKAGES)
    with TemporaryDirectory(prefix="lumos-build-") as name:
        wits = world.write(project, Path(name) / "wit")
        say("bundling the plugin, and making a component of QuickJS and it")
        options = {
            "modules": str(modules.absolute()),
            "folder": str(project.folder.absolute()),
            "entry": entry(project),
            "library": str(_HERE / "lumos.js"),
            "wit": str(wits),
            "world": world.NAME,
            "out": str(out.absolute()),
        }
        command = [node, str(_HERE / "build.mjs"), json.dumps(options)]
        env = toolchain.environment(**steady.environment())
        run(command, cwd=Path(name), env=env, what="the build in Node")


def entry(project: Project) -> str:
    """Return the module that QuickJS is given: the plugin's, tied to the host's interfaces."""
    if project.source is None:
        raise BuildError(f"{project.folder}: there is no source")
    source = json.dumps("./" + project.source.relative_to(project.folder).as_posix())
    lines = ['import { exported } from "lumos";', f"import {{ plugin as defined }} from {source};"]
    lines += [f"import * as {i} from {json.dumps(wit.qualified(i))};" for i in project.imports]
    lines.append(f"const made = exported(defined, {{ {', '.join(project.imports)} }});")
    lines += [f"export const {i} = made.{i};" for i in world.exported(project)]
    return "\n".join(lines)
