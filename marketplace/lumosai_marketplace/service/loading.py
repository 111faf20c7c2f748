"""Find and read ``marketplace.toml``, and say precisely what is wrong with it."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    from lumosai_marketplace.service.settings import Settings

FILE_NAME = "marketplace.toml"
VARIABLE = "LUMOS_MARKETPLACE_CONFIG"
MAX_BYTES = 1024 * 1024
_MOST = 8


def find(explicit: str | Path | None = None) -> Path | None:
    """Return the file: *explicit*, else ``$LUMOS_MARKETPLACE_CONFIG``, else ``./marketplace.toml`` if there is one.

    Raises ConfigError when a file that was named is not there.
    """
    named = explicit or os.environ.get(VARIABLE)
    path = Path(named or FILE_NAME).expanduser()
    if path.is_file():
        return path.absolute()
    if named:
        raise ConfigError(f"{path}: there is no such file", hint="lumos marketplace init")
    return None


def load(explicit: str | Path | None = None) -> Settings:
    """Find, read and check the settings. Raises ConfigError naming file, line and key, or the variable."""
    path = find(explicit)
    if path is None:
        return build({}, source="environment")
    text = _read(path)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as e:
        raise ConfigError(f"{path}: not TOML: {e}") from None
    if "base" in data:
        raise ConfigError(f"{path}:{_line(text, ('base',)) or 1}: base: unknown key")
    return build({**data, "base": path.parent}, text, str(path))


def build(data: Mapping[str, Any], text: str = "", source: str = "settings") -> Settings:
    """Make settings of parsed TOML. Raises ConfigError; *text* and *source* are for its message."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from lumosai_marketplace.service.settings import Settings

    try:
        return Settings(**data)
    except ValidationError as e:
        found = e.errors(include_url=False, include_input=False, include_context=False)[:_MOST]
        lines = [_told(err["loc"], err["msg"], err["type"], text, source) for err in found]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from None
    except SettingsError as e:
        field = re.search(r'field "(\w+)"', str(e))
        name = f"MARKETPLACE__{field[1].upper()}" if field else "MARKETPLACE__…"
        raise ConfigError(f"environment variable {name}: a list or table is written there as JSON") from None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as f:
            raw = f.read(MAX_BYTES + 1)
    except OSError as e:
        raise ConfigError(f"{path}: {e.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError as e:
        raise ConfigError(f"{path}: not UTF-8 (byte {e.start})") from None


def _told(loc: Sequence[str | int], message: str, kind: str, text: str, source: str) -> str:
    key = ".".join(str(p) for p in loc)
    said = _unknown(loc) if kind == "extra_forbidden" else message.removeprefix("Value error, ")
    if variable := _variable(loc):
        return f"environment variable {variable}: {said}"
    line = _line(text, loc)
    return f"{source}{f':{line}' if line else ''}: {key}: {said}"


def _unknown(loc: Sequence[str | int]) -> str:
    from lumosai_marketplace.service.settings import section_keys

    known = section_keys(tuple(str(p) for p in loc[:-1]))
    near = get_close_matches(str(loc[-1]), known, n=1)
    if near:
        return f"unknown key; did you mean {near[0]!r}?"
    return f"unknown key; there are: {', '.join(known)}"


def _variable(loc: Sequence[str | int]) -> str | None:
    names = {k.upper(): k for k in os.environ}
    for end in range(len(loc), 0, -1):
        name = "MARKETPLACE__" + "__".join(str(p) for p in loc[:end]).upper()
        if name in names:
            return names[name]
    return None


def _line(text: str, loc: Sequence[str | int]) -> int | None:
    """Return the line of the longest part of *loc* that stands in the text, tables being one or two keys long."""
    wanted = [str(p) for p in loc if not isinstance(p, int)]
    table: list[str] = []
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([\w.\s-]+?)\s*\]\]?\s*(?:#.*)?$", line)
        key = re.match(r"\s*([\w.-]+)\s*=", line)
        if header:
            table = [p.strip() for p in header[1].split(".")]
        keys = table if header else table + key[1].split(".") if key else []
        if keys and keys == wanted[: len(keys)] and (best is None or len(keys) > best[0]):
            best = (len(keys), number)
    return best[1] if best else None
