"""Changing ``lumos.toml``: what it would come to say is checked first, and taken back where it does not hold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lumosai.config import edit
from lumosai.config.load import Loaded, of_text
from lumosai.config.patch import WrongKeysError, checked
from lumosai_sdk.errors import ConfigError


def changed_text(loaded: Loaded, before: str, patch: Mapping[str, Any]) -> str:
    """Return what the file is to be after a merge patch (RFC 7396).

    Raises WrongKeysError naming the keys that would be wrong, InputError, ConflictError.
    """
    from lumosai.cli.checking import findings

    text = edit.patched(before, patch)
    made = checked(text, loaded)
    # Which agent is the default one, only the terminal asks.
    wrong = dict.fromkeys((f.key, f.what) for f in findings(made, text) if f.key != "host.default_agent")
    with suppress(ConfigError):  # what was wrong before is not what this change did
        for f in findings(of_text(before, loaded.path), before):
            wrong.pop((f.key, f.what), 0)
    if wrong:
        keys: dict[str, str] = {}
        for key, what in list(wrong)[:8]:
            keys[key] = f"{keys[key]}; {what}" if key in keys else what
        raise WrongKeysError(keys)
    return text


async def change(path: Path, before: str, text: str, take_over: Callable[[], Awaitable[None]]) -> None:
    """Write *text* in place of *before* and have it taken over. Raises what *take_over* does; all is as it was then."""
    edit.write(path, text)
    try:
        await take_over()
    except BaseException:
        edit.write(path, before)
        raise
