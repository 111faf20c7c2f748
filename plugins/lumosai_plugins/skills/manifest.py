"""``SKILL.md``: a head in YAML, then instructions in Markdown.

The format is that of https://agentskills.io/specification.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lumosai_sdk.errors import InputError, MissingExtraError

FILE = "SKILL.md"
MAX_BYTES = 256 * 1024
_MAX_HEAD = 16 * 1024
_MAX_DESCRIPTION = 1024
_NAME = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
_HEAD = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill: what a model is told of it before it opens it, and where it lies."""

    name: str
    description: str
    folder: Path
    instructions: str


def read(folder: Path) -> Skill:
    """Return the skill of a folder. Raises InputError, told for whoever writes it, MissingExtraError, OSError."""
    with (folder / FILE).open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise InputError(f"it is larger than {MAX_BYTES // 1024} KiB; put the rest in files of its folder")
    text = raw.decode(errors="replace")
    found = _HEAD.match(text)
    if found is None:
        raise InputError("it does not begin with a head between two lines of ---")
    head = _parsed(found[1])
    return Skill(_name(head, folder), _description(head), folder, text[found.end() :].strip())


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        import yaml
    except ImportError:
        raise MissingExtraError("the plugin 'skills'", "skills") from None
    if len(text) > _MAX_HEAD:
        raise InputError(f"its head has more than {_MAX_HEAD} characters")
    try:
        head = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as e:
        raise InputError(f"its head is not YAML: {' '.join(str(e).split())}") from None
    if not isinstance(head, Mapping):
        raise InputError("its head is no mapping of keys to values")
    return head


def _name(head: Mapping[str, Any], folder: Path) -> str:
    name = head.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        # Of what is no text nothing is shown: a few aliases of YAML may write out longer than memory is.
        told = f" {name[:64]!r}" if isinstance(name, str) else ""
        raise InputError(f"its name{told} is not 1 to 64 small letters, digits and single hyphens")
    if name != folder.name:
        raise InputError(f"its name {name!r} is not that of its folder {folder.name!r}")
    return name


def _description(head: Mapping[str, Any]) -> str:
    description = head.get("description")
    if not isinstance(description, str) or not description.strip():
        raise InputError("it has no description: a model would not know when to open it")
    if len(description) > _MAX_DESCRIPTION:
        raise InputError(f"its description has more than {_MAX_DESCRIPTION} characters")
    return " ".join(description.split())
