"""A plugin's folder, as its ``pyproject.toml`` and ``lumos-plugin.toml`` describe it.

``[tool.lumos.build]`` says how it is built: ``language`` (python, js, c, zig or rust; Python if it is not said),
``source`` (the file to start from, for all but Python), ``package`` (the folder that holds lumos-plugin.toml) and
``kinds`` (what the code contributes, where the manifest does not say; ``["tool"]`` if neither does).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lumosai_sdk.building.steps import BuildError
from lumosai_sdk.manifest import FILE_NAME, Manifest, load
from lumosai_sdk.permissions import Permissions
from lumosai_sdk.wit import exports

ENTRY_POINTS = "lumosai.plugins"
LANGUAGES = ("python", "js", "c", "zig", "rust")
_SOURCES: Mapping[str, tuple[str, ...]] = {
    "python": (),
    "js": ("src/plugin.ts", "src/plugin.js", "src/plugin.mjs"),
    "c": ("src/plugin.c",),
    "zig": ("src/plugin.zig",),
    "rust": ("src/lib.rs",),
}
_KEYS = {"language", "source", "package", "kinds"}
_RIGHTS = {"models": "model"}
_ALWAYS = ("config", "events", "log")
_PACKAGE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Project:
    """A folder that can be built. ``package`` is the import name, ``metadata`` pyproject's ``[project]``."""

    folder: Path
    language: str
    package: str
    home: Path
    source: Path | None
    manifest: Manifest
    metadata: Mapping[str, Any]
    declared: tuple[str, ...] = ()

    @property
    def imports(self) -> tuple[str, ...]:
        """The host's interfaces that the manifest's permissions ask for, and those that need no asking."""
        asked = Permissions.from_json(self.manifest.permissions).to_json()
        return tuple(sorted({*_ALWAYS, *(_RIGHTS.get(k, k) for k in asked)}))

    @property
    def kinds(self) -> tuple[str, ...]:
        """What it contributes. Raises BuildError for kinds that no guest can serve."""
        found = tuple(kind for kind, items in self.manifest.contributes if items) or self.declared or ("tool",)
        if unfit := [k for k in found if k not in exports()]:
            raise BuildError(
                f"{self.manifest.name}: a sandboxed plugin cannot contribute {', '.join(unfit)}",
                hint=f"it can contribute: {', '.join(k for k in exports() if k != 'plugin')}",
            )
        if self.manifest.hooks:
            raise BuildError(
                f"{self.manifest.name}: a sandboxed plugin has no hooks; it can be a monitor or a processor"
            )
        return found


def read(folder: Path) -> Project:
    """Read a plugin's folder. Raises BuildError and ManifestError naming file and key."""
    data = _toml(folder / "pyproject.toml")
    metadata = _table(data, "project")
    options = _table(_table(_table(data, "tool"), "lumos"), "build")
    if unknown := set(options) - _KEYS:
        raise BuildError(
            f"pyproject.toml: tool.lumos.build.{min(unknown)} is unknown; known: {', '.join(sorted(_KEYS))}"
        )
    language = options.get("language", "python")
    if language not in LANGUAGES:
        raise BuildError(
            f"pyproject.toml: tool.lumos.build.language is one of {', '.join(LANGUAGES)}, not {language!r}"
        )
    package = str(options.get("package") or _declared_package(metadata))
    if not _PACKAGE.fullmatch(package):
        raise BuildError(f"pyproject.toml: {package!r} is no package's name")
    home = _home(folder, package)
    return Project(
        folder,
        language,
        package,
        home,
        _source(folder, language, options.get("source")),
        _same_version(load(home / FILE_NAME), metadata),
        metadata,
        tuple(str(k) for k in options.get("kinds", ())),
    )


def _same_version(manifest: Manifest, metadata: Mapping[str, Any]) -> Manifest:
    declared = metadata.get("version")
    if declared != manifest.version:
        raise BuildError(f"pyproject.toml has the version {declared!r}, {FILE_NAME} {manifest.version!r}")
    return manifest


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise BuildError(
            f"{path}: {e.strerror}", hint="a plugin's folder has a pyproject.toml; lumos plugin new makes one"
        ) from None
    except (ValueError, RecursionError) as e:
        raise BuildError(f"{path}: not TOML: {e}") from None


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key, {})
    if not isinstance(found, Mapping):
        raise BuildError(f"pyproject.toml: {key} must be a table")
    return found


def _declared_package(metadata: Mapping[str, Any]) -> str:
    points = _table(_table(metadata, "entry-points"), ENTRY_POINTS)
    if len(points) != 1:
        raise BuildError(
            f"pyproject.toml must name one plugin under project.entry-points.{ENTRY_POINTS!r}, not {len(points)}",
            hint=f'[project.entry-points."{ENTRY_POINTS}"] my-plugin = "my_package"',
        )
    return str(next(iter(points.values())))


def _home(folder: Path, package: str) -> Path:
    below = Path(*package.split("."))
    for home in (folder / below, folder / "src" / below):
        if (home / FILE_NAME).is_file():
            return home
    raise BuildError(f"{folder / below} has no {FILE_NAME}")


def _source(folder: Path, language: str, named: object) -> Path | None:
    candidates = (str(named),) if named else _SOURCES[language]
    for name in candidates:
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise BuildError(f"pyproject.toml: tool.lumos.build.source {name!r} is outside of the folder")
        if path.is_file():
            return path
    if candidates:
        raise BuildError(f"{folder}: there is no {' or '.join(candidates)}")
    return None
