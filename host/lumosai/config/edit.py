"""Change ``lumos.toml`` without disturbing what people wrote in it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lumosai.config import toml
from lumosai_sdk.errors import ConfigError, ConflictError, InputError


def set_value(path: Path, keys: tuple[str, ...], value: Any) -> None:
    """Set a dotted key, making file and tables as needed; comments and order stay. Raises ConfigError."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        path = path.resolve()  # a link stays a link
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        table: Any = document
        for key in keys[:-1]:
            table = table.setdefault(key, tomlkit.table(is_super_table=key == keys[0] and len(keys) > 2))  # noqa: PLR2004
        table[keys[-1]] = value
        _replace(path, tomlkit.dumps(document))
    # AttributeError: a key on the way holds a plain value, and no table.
    except (OSError, TOMLKitError, TypeError, ValueError, AttributeError) as e:
        raise ConfigError(f"{path}: cannot be changed: {e}") from None


def patched(text: str, patch: Mapping[str, Any]) -> str:
    """Return TOML with a merge patch (RFC 7396) applied: null takes a key out; comments and order stay.

    Raises InputError for what cannot stand in TOML, ConflictError where the file would come to mean something else.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        _apply(document, patch)
        made = tomlkit.dumps(document)
        meant = toml.loads(made)
    except (TOMLKitError, TypeError, ValueError, AttributeError, RecursionError) as e:
        raise InputError(f"the change cannot be written as TOML: {e}") from None
    if meant != merged(toml.loads(text), patch):
        raise ConflictError("the file is written in a way that this change would disturb", hint="edit it by hand")
    return made


def _apply(table: Any, patch: Mapping[str, Any]) -> None:
    import tomlkit

    for key, value in patch.items():
        if value is None:
            if key in table:
                del table[key]
        elif isinstance(value, Mapping):
            if isinstance(table.get(key), Mapping):
                _apply(table[key], value)
                continue
            made = tomlkit.table(is_super_table=bool(value) and all(isinstance(v, Mapping) for v in value.values()))
            _apply(made, value)
            table[key] = made
        else:
            table[key] = value


def merged(data: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return *data* after a merge patch (RFC 7396), as a new table."""
    out = dict(data) if isinstance(data, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merged(out.get(key), value) if isinstance(value, Mapping) else value
    return out


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep other processes that ask as well from changing a file. Raises ConflictError while one does."""
    try:
        import fcntl
    except ImportError:  # not on Windows: there, two processes may overwrite each other's change
        yield
        return
    folder = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError(f"somebody else is changing {path.name}", hint="try again") from None
        yield
    finally:
        os.close(folder)


def write(path: Path, text: str) -> None:
    """Write a whole file in place of the one that is there. Raises ConfigError."""
    try:
        _replace(path.resolve(), text)
    except (OSError, ValueError) as e:
        raise ConfigError(f"{path}: cannot be changed: {e}") from None


def _replace(path: Path, text: str) -> None:
    """Write by rename, so that neither a crash nor a reader ever sees half a file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as f:
            f.write(text)
            f.flush()
            os.fsync(f.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
