"""Find and read the configuration, and say precisely what is wrong with it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from lumosai.config import toml
from lumosai.config.locate import line_of
from lumosai.config.model import Config
from lumosai.plugins.index import Delivered, delivered_to, user_data
from lumosai_sdk.errors import ConfigError

FILE_NAME = "lumos.toml"
MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration and where it came from (``path`` is None without a file)."""

    config: Config
    path: Path | None

    @property
    def base(self) -> Path:
        """The folder that relative paths start from."""
        return self.path.parent if self.path else Path.cwd()

    @property
    def plugin_paths(self) -> list[str]:
        """The folders whose packages with a manifest are plugins, uninstalled."""
        return [str(self.base / p) for p in self.config.host.plugin_paths]

    @property
    def data_dir(self) -> Path:
        """Where the host and its plugins keep data."""
        configured = self.config.host.data_dir
        if configured is not None:
            return self.base / configured.expanduser()
        if self.path is not None:
            return self.path.parent / ".lumos"
        return Path(user_data())

    @property
    def delivered(self) -> Delivered:
        """Where ``lumos.lock`` and the plugins of marketplaces are: without a configuration they are the user's."""
        return delivered_to(str(self.path.parent if self.path else self.data_dir), str(self.data_dir))


def find(explicit: str | Path | None = None) -> Path | None:
    """Return the configuration file: *explicit*, else ``$LUMOS_CONFIG``, else ``./lumos.toml`` if there is one.

    Raises ConfigError when a file that was named is not there.
    """
    named = explicit or os.environ.get("LUMOS_CONFIG")
    path = Path(named or FILE_NAME).expanduser()
    if path.is_file():
        return path.absolute()
    if named:
        raise ConfigError(f"{path}: there is no such file", hint="lumos init")
    return None


def load(explicit: str | Path | None = None) -> Loaded:
    """Find, read and check the configuration. Raises ConfigError naming file, line and key."""
    path = find(explicit)
    return of_text(read(path), path)


def of_text(text: str, path: Path | None) -> Loaded:
    """Check the configuration that stands, or stood, in a file. Raises ConfigError naming file, line and key."""
    if path is None:
        return Loaded(build({}, "", "environment"), None)
    return Loaded(build(_parse(text, path), text, str(path)), path)


def read(path: Path | None) -> str:
    """Return the text of a configuration file; there is none without a file. Raises ConfigError."""
    if path is None:
        return ""
    try:
        with path.open("rb") as f:
            raw = f.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes")
        return raw.decode()
    except OSError as e:
        raise ConfigError(f"{path}: {e.strerror}") from None
    except UnicodeDecodeError as e:
        raise ConfigError(f"{path}: not UTF-8 (byte {e.start})") from None


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        return toml.loads(text)
    except ValueError as e:
        raise ConfigError(f"{path}: not TOML: {e}") from None


def build(data: Mapping[str, Any], text: str = "", source: str = "configuration") -> Config:
    """Make a Config of parsed TOML. Raises ConfigError; *text* and *source* are for its message."""
    try:
        return Config(**data)
    except ValidationError as e:
        lines = [_line(err["loc"], err["msg"], err["type"], text, source) for err in e.errors(include_url=False)[:8]]
        raise ConfigError("\n".join(dict.fromkeys(lines)), hint="lumos config check") from None
    except SettingsError as e:
        raise ConfigError(_unparsed(str(e))) from None


def _unparsed(message: str) -> str:
    field = re.search(r'field "(\w+)"', message)
    names = [n for n in os.environ if field and n.upper().startswith(f"LUMOS_{field[1].upper()}")]
    if not names:
        return f"environment: {message}"
    return f"environment variable {' or '.join(sorted(names))}: a list or table is written there as JSON"


def _line(loc: Sequence[str | int], message: str, kind: str, text: str, source: str) -> str:
    key = ".".join(str(p) for p in loc)
    said = message.removeprefix("Value error, ")
    if kind == "extra_forbidden":
        said = _unknown(loc)
    if variable := _environment(loc):
        return f"environment variable {variable}: {said}"
    line = line_of(text, loc)
    return f"{source}{f':{line}' if line else ''}: {key}: {said}"


def _environment(loc: Sequence[str | int]) -> str | None:
    names = {k.upper(): k for k in os.environ}
    for end in range(len(loc), 0, -1):
        name = "LUMOS_" + "__".join(str(p) for p in loc[:end]).upper()
        if name in names:
            return names[name]
    return None


def _unknown(loc: Sequence[str | int]) -> str:
    known = _known_keys(loc[:-1])
    near = get_close_matches(str(loc[-1]), known, n=1)
    return "unknown key" + (f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(known)}")


def _known_keys(loc: Sequence[str | int]) -> list[str]:
    """Walk the models along *loc* and return the keys that stand there."""
    current: Any = Config
    named = False  # the part before was a table of named things, and this one is a name
    for part in loc:
        if named or isinstance(part, int):
            named = False
            continue
        field = current.model_fields.get(str(part)) if current else None
        current = _model_in(field.annotation) if field else None
        named = field is not None and "dict" in str(field.annotation)[:15]
    return sorted(current.model_fields) if current else []


def _model_in(annotation: Any) -> Any:
    """Return the model of an annotation such as ``Model``, ``dict[str, Model]`` or ``Model | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for a in getattr(annotation, "__args__", ()) if (m := _model_in(a))), None)
