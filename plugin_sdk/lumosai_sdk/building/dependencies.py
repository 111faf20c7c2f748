"""The packages a Python plugin declares, put beside it: what is not declared is not in the component."""

from __future__ import annotations

import shutil
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lumosai_sdk.building.project import Project
from lumosai_sdk.building.steps import BuildError

_OURS = frozenset({"lumosai"})
_COMPILED = {".so", ".pyd", ".dylib"}


def stage(project: Project, folder: Path) -> None:
    """Copy the declared packages, and what they need, into *folder*.

    Raises BuildError for one that is not installed here, or that is not of Python alone.
    """
    wanted = [str(r) for r in project.metadata.get("dependencies", [])]
    seen = set(_OURS)
    while wanted:
        requirement = _requirement(wanted.pop())
        name = canonicalize_name(requirement.name)
        if name in seen or not _applies(requirement):
            continue
        seen.add(name)
        found = _installed(requirement)
        _copy(found, folder)
        wanted += found.requires or []


def _requirement(text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as e:
        raise BuildError(f"pyproject.toml: project.dependencies: {text!r}: {e}") from None


def _applies(requirement: Requirement) -> bool:
    environment = {k: str(v) for k, v in default_environment().items()} | {"extra": "", "sys_platform": "wasi"}
    return requirement.marker is None or requirement.marker.evaluate(environment)


def _installed(requirement: Requirement) -> Distribution:
    try:
        found = distribution(requirement.name)
    except PackageNotFoundError:
        raise BuildError(
            f"the plugin needs {requirement}, which is not installed here", hint=f"pip install '{requirement}'"
        ) from None
    if found.version not in requirement.specifier:
        raise BuildError(f"the plugin needs {requirement}, and {found.version} is installed here")
    return found


def _copy(found: Distribution, folder: Path) -> None:
    for file in found.files or []:
        if file.suffix in _COMPILED:
            raise BuildError(f"{found.name} is not of Python alone ({file}), and cannot be part of a component")
        if file.suffix == ".py" and ".." not in file.parts and not file.is_absolute():
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(found.locate_file(file)), target)
