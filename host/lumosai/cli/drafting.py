"""What a draft of an agent changes: told by options, by a file, or in an editor."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lumosai.config import toml
from lumosai_sdk.errors import ConflictError, InputError

_MOST_BYTES = 1024 * 1024


def patch_of(arguments: argparse.Namespace, base: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch (RFC 7396) of a draft. Raises InputError, ConflictError where nothing says what to do."""
    from lumosai.agents.versions.comparing import patch_between

    given = arguments.set or arguments.unset
    if arguments.file and given:
        raise InputError("--file is the whole table; --set and --unset change single keys", hint="leave one out")
    if arguments.file:
        return patch_between(base, table_of(_read(arguments.file), arguments.agent))
    if given:
        return _of_options(arguments.set, arguments.unset)
    return patch_between(base, table_of(_edited(arguments.agent, base), arguments.agent))


def _of_options(sets: list[str], unsets: list[str]) -> dict[str, Any]:
    patch: dict[str, Any] = {}
    for said in sets:
        key, mark, value = said.partition("=")
        if not mark or not key:
            raise InputError(f"--set {said!r}: it is KEY=VALUE", hint="--set temperature=0.2")
        _put(patch, key, _value(value))
    for key in unsets:
        _put(patch, key, None)
    return patch


def _put(patch: dict[str, Any], dotted: str, value: Any) -> None:
    *before, last = dotted.split(".")
    for part in before:
        found = patch.setdefault(part, {})
        if not isinstance(found, dict):
            raise InputError(f"{dotted!r} is given more than once")
        patch = found
    patch[last] = value


def _value(text: str) -> Any:
    """Return what is TOML as its value, and all else as text."""
    try:
        found = toml.loads(f"value = {text}")
    except ValueError:
        return text
    return found["value"] if len(found) == 1 else text


def table_of(text: str, agent: str) -> dict[str, Any]:
    """Return an agent's table: the one of its name, as ``lumos agents show`` prints it, or plain keys.

    Raises InputError.
    """
    try:
        found: Any = toml.loads(text)
    except ValueError as e:
        raise InputError(f"not TOML: {e}") from None
    if set(found) == {"agents"} and isinstance(found["agents"], dict) and set(found["agents"]) == {agent}:
        found = found["agents"][agent]
    if not isinstance(found, dict) or "agents" in found:
        raise InputError(f"there is no table [agents.{agent}], or there are others beside it")
    return dict(found)


def _read(name: str) -> str:
    try:
        stream = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115 - closed below
        with stream:
            raw = stream.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            raise InputError(f"{name}: larger than {_MOST_BYTES} bytes")
        return raw.decode()
    except OSError as e:
        raise InputError(f"{name}: {e.strerror}") from None
    except UnicodeDecodeError as e:
        raise InputError(f"{name}: not UTF-8 (byte {e.start})") from None


def _edited(agent: str, base: Mapping[str, Any]) -> str:
    """Return what a person makes of the table in an editor. Raises ConflictError, InputError."""
    from lumosai.agents.versions.comparing import as_toml
    from lumosai.cli.style import is_tty

    if not (is_tty(sys.stdin) and is_tty(sys.stdout)):
        raise InputError("nothing says what is to change", hint=f"lumos agents draft {agent} --set history=10")
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory() as folder:  # nobody else may write there meanwhile
        file = Path(folder) / f"{agent}.toml"
        file.write_text(as_toml(agent, base), encoding="utf-8")
        try:
            code = subprocess.run([*editor, str(file)], check=False).returncode  # noqa: S603 - the person's own editor
        except OSError as e:
            raise InputError(f"{editor[0]}: {e.strerror}", hint="set $EDITOR, or use --set") from None
        if code:
            raise ConflictError(f"{editor[0]} ended with {code}; nothing is drafted")
        return _read(str(file))
