"""The rights that are a line or two: ``clock``, ``random``, ``env``, ``config``."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Mapping
from typing import Any

from lumosai_sandbox.capabilities.plugin import Functions, Rights
from lumosai_sdk.errors import InputError
from lumosai_sdk.secrets import Secret
from lumosai_sdk.types.caller import Caller

MOST_RANDOM = 65_536
_MAX_NAME = 256


def functions(rights: Rights) -> Functions:
    """Return ``clock``, ``random``, ``env`` and ``config`` for a plugin."""

    async def now(_: Caller) -> str:
        rights.check_switch("clock")
        return repr(time.time())

    async def monotonic(_: Caller) -> str:
        rights.check_switch("clock")
        return repr(time.monotonic())

    async def random_bytes(_: Caller, count: str) -> str:
        rights.check_switch("random")
        return f'"{base64.b64encode(os.urandom(_count(count))).decode()}"'

    async def env(_: Caller, name: str) -> str:
        if not 0 < len(name) <= _MAX_NAME or "\0" in name or "=" in name:
            raise InputError("this is no name of an environment variable")
        rights.check_name("env", name)
        found = os.environ.get(name)
        return "null" if found is None else json.dumps(found.encode("utf-8", "replace").decode())

    settings = json.dumps(without_secrets(rights.context.settings))

    async def config(_: Caller) -> str:
        return settings

    return {
        "clock.now": (0, now),
        "clock.monotonic": (0, monotonic),
        "random.bytes": (1, random_bytes),
        "env.get": (1, env),
        "config.get": (0, config),
    }


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_RANDOM))):
        raise InputError(f"count must be 1 to {MOST_RANDOM}, in decimal digits")
    count = int(text)
    if not 1 <= count <= MOST_RANDOM:
        raise InputError(f"count must be 1 to {MOST_RANDOM}")
    return count


def without_secrets(value: Any) -> Any:
    """Return settings as JSON, what is a secret left out wherever it stands."""
    if isinstance(value, Mapping):
        return {str(k): without_secrets(v) for k, v in value.items() if not isinstance(v, Secret)}
    if isinstance(value, list | tuple):
        return [without_secrets(v) for v in value if not isinstance(v, Secret)]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
