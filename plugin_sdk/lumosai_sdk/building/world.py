"""A plugin's WIT world: the contract, and which of its interfaces this plugin imports and exports."""

from __future__ import annotations

from pathlib import Path

from lumosai_sdk import wit
from lumosai_sdk.building.project import Project

NAME = "guest"


def world(project: Project) -> str:
    """Return the world's text."""
    lines = [f"  import {wit.qualified(i)};" for i in project.imports]
    lines += [f"  export {wit.qualified(i)};" for i in exported(project)]
    return "\n".join(["package lumos:guest;", "", f"world {NAME} {{", *lines, "}", ""])


def exported(project: Project) -> tuple[str, ...]:
    """Return the interfaces that the plugin exports."""
    return ("plugin", *sorted(project.kinds))


def write(project: Project, folder: Path) -> Path:
    """Write the world and what it depends on into *folder*; return the folder."""
    contract = folder / "deps" / "lumos"
    contract.mkdir(parents=True)
    for name in ("host.wit", "guest.wit"):
        (contract / name).write_text(wit.source(name), encoding="utf-8")
    (folder / "world.wit").write_text(world(project), encoding="utf-8")
    return folder
