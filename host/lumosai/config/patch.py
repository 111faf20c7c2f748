"""Changes of a configuration that come from outside: which keys they name, who may, and whether they hold."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from lumosai.config import toml
from lumosai.config.load import MAX_BYTES, Loaded
from lumosai.config.model import Config
from lumosai.plugins.index import Record
from lumosai_sdk.errors import InputError

Keys = tuple[str, ...]
OPEN: Final = frozenset({"agents", "limits", "models"})
"""Sections that whoever may change the configuration may change; of plugins it is their switch and settings."""
GUARDS: Final = frozenset({"auth", "storage", "lumos_authorize"})
"""Kinds and hooks whose plugins decide who is let in, who may do what, and where everything goes."""


def leaves(patch: Mapping[str, Any], before: Keys = ()) -> Iterator[Keys]:
    """Yield each key that a merge patch (RFC 7396) sets or takes out."""
    for key, value in patch.items():
        keys = (*before, key)
        if isinstance(value, Mapping) and value:
            yield from leaves(value, keys)
        else:
            yield keys


def owners_reason(keys: Keys, records: Mapping[str, Record]) -> str | None:
    """Return why only the owner may change a key, None where whoever may change plugins and configuration may."""
    if keys[0] in OPEN:
        return None
    if keys[0] != "plugins" or len(keys) < 3 or keys[2] not in {"enabled", "settings"}:  # noqa: PLR2004
        return "it says what the host stands on, or who may do what"
    record = records.get(keys[1])
    if record is None or "error" in record:
        return f"there is no plugin {keys[1]!r} that could be looked at"
    if GUARDS & {*record.get("contributes", ()), *record.get("hooks", ())}:
        return f"the plugin {keys[1]!r} decides who may do what, or where everything is kept"
    if keys[2] == "settings" and _has_secret(record.get("settings_schema")):
        return f"the settings of {keys[1]!r} hold secrets, or say where they are sent"
    return None


def _has_secret(schema: Any) -> bool:
    if isinstance(schema, Mapping):
        return schema.get("format") == "secret" or any(_has_secret(v) for v in schema.values())
    return isinstance(schema, list) and any(_has_secret(v) for v in schema)


def checked(text: str, loaded: Loaded) -> Loaded:
    """Return the configuration that a new *text* of its file would make.

    Raises InputError; WrongKeysError where single keys are wrong.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise InputError(f"the file would be larger than {MAX_BYTES} bytes")
    try:
        return Loaded(Config(**toml.loads(text)), loaded.path)
    except ValidationError as e:
        errors = e.errors(include_url=False, include_input=False, include_context=False)[:8]
    raise WrongKeysError({".".join(str(p) for p in err["loc"]): err["msg"] for err in errors})


class WrongKeysError(InputError):
    """Keys of the configuration are wrong; ``keys`` tells what of each."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{key}: {what.removeprefix('Value error, ')}" for key, what in keys.items()))
        self.keys = dict(keys)


def overridden(keys: Keys) -> bool:
    """Tell whether an environment variable wins over what the file says of a key."""
    names = {name.upper() for name in os.environ}
    return any("LUMOS_" + "__".join(keys[:end]).upper() in names for end in range(2, len(keys) + 1))
