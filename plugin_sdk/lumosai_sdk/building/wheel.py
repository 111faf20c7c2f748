"""A wheel of a component and its manifest, the same bytes each time (PEP 427, core metadata 2.1, PEP 639 left out)."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

from lumosai_sdk.building.manifest import MODULE
from lumosai_sdk.building.project import ENTRY_POINTS, Project
from lumosai_sdk.building.steps import BuildError
from lumosai_sdk.manifest import FILE_NAME

_EPOCH = 315_532_800
"""1980-01-01: the earliest time that a zip file can tell."""
_LINE = re.compile(r"[\r\n]+")
_README_TYPES = {".md": "text/markdown", ".rst": "text/x-rst", ".txt": "text/plain"}


def write(project: Project, wasm: bytes, manifest: str, folder: Path) -> Path:
    """Write the wheel into *folder* and return its path. Raises BuildError."""
    name = canonicalize_name(str(project.metadata.get("name", ""))).replace("-", "_")
    if not name:
        raise BuildError("pyproject.toml: project.name is missing")
    stem = f"{name}-{project.manifest.version}"
    files = {**_package(project, wasm, manifest), **_info(project, f"{stem}.dist-info")}
    record = f"{stem}.dist-info/RECORD"
    files[record] = "".join([*_record(files), f"{record},,\n"]).encode()
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for file, data in files.items():
            out.writestr(_entry(file), data)
    return path


def _entry(name: str) -> zipfile.ZipInfo:
    epoch = max(int(os.environ.get("SOURCE_DATE_EPOCH") or _EPOCH), _EPOCH)
    entry = zipfile.ZipInfo(name, time.gmtime(epoch)[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, wherever it was built
    entry.external_attr = 0o100644 << 16
    return entry


def _package(project: Project, wasm: bytes, manifest: str) -> dict[str, bytes]:
    home = project.package.replace(".", "/")
    return {
        f"{home}/__init__.py": f'"""The plugin {project.manifest.name}: {MODULE} is all of its code."""\n'.encode(),
        f"{home}/{FILE_NAME}": manifest.encode(),
        f"{home}/{MODULE}": wasm,
    }


def _info(project: Project, folder: str) -> dict[str, bytes]:
    points = f"[{ENTRY_POINTS}]\n{project.manifest.name} = {project.package}\n"
    tags = "Wheel-Version: 1.0\nGenerator: lumosai\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    return {
        f"{folder}/METADATA": _metadata(project).encode(),
        f"{folder}/WHEEL": tags.encode(),
        f"{folder}/entry_points.txt": points.encode(),
    }


def _metadata(project: Project) -> str:
    """Return the core metadata. Dependencies are left out: they are inside the component, or it has none."""
    given = project.metadata
    lines = ["Metadata-Version: 2.1", f"Name: {given['name']}", f"Version: {project.manifest.version}"]
    lines += [f"Summary: {_one_line(s)}" for s in [given.get("description") or project.manifest.description] if s]
    licence = given.get("license")
    lines += [f"License: {_one_line(s)}" for s in [licence] if isinstance(s, str)]
    lines += [f"Classifier: {_one_line(c)}" for c in given.get("classifiers", [])]
    urls = given.get("urls", {})
    lines += (
        [f"Project-URL: {_one_line(k)}, {_one_line(v)}" for k, v in urls.items()] if isinstance(urls, Mapping) else []
    )
    lines += [f"Requires-Python: {_one_line(s)}" for s in [given.get("requires-python")] if s]
    return "\n".join([*lines, *_readme(project)]) + "\n"


def _readme(project: Project) -> Iterator[str]:
    name = project.metadata.get("readme")
    path = project.folder / str(name)
    if not isinstance(name, str) or not path.is_file():
        return
    yield f"Description-Content-Type: {_README_TYPES.get(path.suffix, 'text/plain')}"
    yield ""
    yield path.read_text(encoding="utf-8").rstrip()


def _one_line(text: object) -> str:
    return _LINE.sub(" ", str(text)).strip()


def _record(files: Mapping[str, bytes]) -> Iterator[str]:
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        yield f"{name},sha256={digest},{len(data)}\n"
