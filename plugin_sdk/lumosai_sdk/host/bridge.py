"""The one way from a plugin to its host: a function's name and its texts in, a JSON text out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from lumosai_sdk import native
from lumosai_sdk.errors import InputError, LumosError

Bridge = Callable[[str, tuple[str, ...]], str]
"""Takes ``kv.get`` and the texts of ``host.wit``, returns the answer's JSON text. Raises LumosError."""


class _Installed:
    bridge: Bridge | None = None


def install(bridge: Bridge | None) -> None:
    """Make *bridge* the one that all calls take, in place of the one before; None for none. Runtimes call this."""
    _Installed.bridge = bridge


def installed() -> Bridge | None:
    """Return the bridge that is in place: the one installed, else that of a host in this process."""
    return _Installed.bridge or native.bridge


def call(function: str, *texts: str) -> Any:
    """Ask the host and return its answer. Raises LumosError."""
    bridge = installed()
    if bridge is None:
        raise LumosError(
            f"{function}: there is no host here",
            hint="lumosai_sdk.host works while a host calls the plugin; in tests, install a bridge of your own",
        )
    return json.loads(bridge(function, texts))


def text(value: Any) -> str:
    """Return *value* as JSON text. Raises InputError for what is not JSON."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as e:
        raise InputError(f"this is not JSON: {e}") from None
