"""Making files from a template: all of them or none, and nothing that is there is lost."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from string import Template

from lumosai.cli.wizard import Choices
from lumosai.config.load import FILE_NAME, build
from lumosai_sdk.errors import ConflictError, InputError

_TEMPLATES = Path(__file__).parent / "templates"
_SUFFIX = ".tmpl"


def make(choices: Choices, *, force: bool = False) -> list[Path]:
    """Write the template's files and return them.

    Raises ConflictError when one is there already (unless *force*) or has no room there, ConfigError for choices that
    make no valid configuration, InputError when the folder cannot be written. Nothing has been written then.
    """
    folder = Path(choices.folder)
    files = {folder / name: text for name, text in rendered(choices).items()}
    build(tomllib.loads(files[folder / FILE_NAME]), files[folder / FILE_NAME], str(folder / FILE_NAME))
    if (there := [p for p in files if os.path.lexists(p)]) and not force:
        raise ConflictError(
            f"there is something already: {', '.join(str(p) for p in there)}",
            hint="--force replaces these files; --dir makes it elsewhere",
        )
    ignore = folder / ".gitignore"
    if not os.path.lexists(ignore):
        files[ignore] = (_TEMPLATES / f"gitignore{_SUFFIX}").read_text(encoding="utf-8")
    _check_room(folder, files)
    try:
        for path, text in files.items():
            _write(path, text)
    except OSError as e:
        raise InputError(f"{e.filename or folder}: {e.strerror}") from None
    return list(files)


def _check_room(folder: Path, files: Iterable[Path]) -> None:
    """Raise ConflictError when a file could not be written, or would end up outside *folder*."""
    for path in files:
        if path.is_dir() and not path.is_symlink():
            raise ConflictError(f"{path} is a folder; a file of that name is to be made")
        for parent in path.parents[: len(path.relative_to(folder).parts) - 1]:
            if parent.is_symlink():
                raise ConflictError(f"{parent} is a link; files are made in {folder} and nowhere else")
            if os.path.lexists(parent) and not parent.is_dir():
                raise ConflictError(f"{parent} is a file; a folder of that name is to be made")


def rendered(choices: Choices) -> dict[str, str]:
    """Return the template's files by name, filled in. Values are quoted as TOML strings, which JSON's are."""
    root = _TEMPLATES / choices.template
    values = {
        "agent": json.dumps(choices.agent),
        "agent_key": choices.agent,
        "model": json.dumps(choices.model),
        "base_url": json.dumps(choices.base_url),
        "key_line": f'api_key = "env:{choices.key_env}"' if choices.key_env else '# api_key = "env:NAME"',
    }
    out = {}
    for path in sorted(root.rglob(f"*{_SUFFIX}")):
        name = str(path.relative_to(root)).removesuffix(_SUFFIX)
        out[name] = Template(path.read_text(encoding="utf-8")).substitute(values)
    return out


def _write(path: Path, text: str) -> None:
    """Write a file; one that is in the way goes first, so that a link is replaced and not followed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(path):
        path.unlink()
    with path.open("x", encoding="utf-8") as f:
        f.write(text)
