"""``scaffold``: a plugin that builds, to be made one's own."""

from __future__ import annotations

import os
import re
from pathlib import Path
from string import Template

from lumosai_sdk.building.project import LANGUAGES
from lumosai_sdk.building.toolchain import LOCK
from lumosai_sdk.errors import ConflictError, InputError
from lumosai_sdk.manifest import NAME

_TEMPLATES = Path(__file__).parents[1] / "scaffolds"
_SUFFIX = ".tmpl"
NAMESPACE = "lumosai"
NAMESPACES = r"[a-z][a-z0-9]{1,38}"
__all__ = ["LANGUAGES", "NAMESPACE", "scaffold"]


def scaffold(name: str, language: str, folder: Path, namespace: str = NAMESPACE) -> list[Path]:
    """Write a new plugin's files into *folder* and return them. *namespace* is where it is to be published.

    Raises InputError for a name, namespace or language that will not do, or a folder that cannot be written,
    ConflictError when one of the files is there already: nothing has been written then.
    """
    if not re.fullmatch(NAME, name):
        raise InputError(f"{name!r} is no plugin's name: a to z, 0 to 9 and -, a letter first, at most 64 characters")
    if not re.fullmatch(NAMESPACES, namespace):
        raise InputError(f"{namespace!r} is no namespace: a to z and 0 to 9, a letter first, 2 to 39 characters")
    if language not in LANGUAGES:
        raise InputError(f"there is no scaffold for {language!r}; there are: {', '.join(LANGUAGES)}")
    files = {folder / path: text for path, text in rendered(name, language, namespace).items()}
    if there := [str(p) for p in files if os.path.lexists(p)]:
        raise ConflictError(f"there is something already: {', '.join(there)}", hint="choose another folder")
    _check_room(folder, files)
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as f:
                f.write(text)
    except OSError as e:
        raise InputError(f"{e.filename or folder}: {e.strerror}") from None
    return list(files)


def rendered(name: str, language: str, namespace: str = NAMESPACE) -> dict[str, str]:
    """Return the files of a new plugin, by name."""
    package = f"{namespace}_{name.replace('-', '_')}"
    values = {"name": name, "namespace": namespace, "package": package, "language": language}
    out = {"src/lumos.d.ts": (LOCK / "lumos.d.ts").read_text(encoding="utf-8")} if language == "js" else {}
    for root in (_TEMPLATES / "common", _TEMPLATES / language):
        for path in sorted(root.rglob(f"*{_SUFFIX}")):
            file = path.relative_to(root).as_posix().removesuffix(_SUFFIX).replace("package", package)
            out[file.replace("dot-", ".")] = Template(path.read_text(encoding="utf-8")).substitute(values)
    return out


def _check_room(folder: Path, files: dict[Path, str]) -> None:
    """Raise ConflictError where a file would end up outside of *folder*, or a file is in a folder's place."""
    for path in files:
        for parent in path.parents[: len(path.relative_to(folder).parts) - 1]:
            if parent.is_symlink() or (os.path.lexists(parent) and not parent.is_dir()):
                raise ConflictError(f"{parent} is not a folder; files are made in {folder} and nowhere else")
