"""Errors across the boundary: how one is written for a guest, and what a guest's own one means to the host."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from lumosai_sdk.errors import LumosError
from lumosai_sdk.wireerrors import CODES, MAX_MESSAGE, FarError, decode_error, encode_error, plain

LONGEST = 16 * MAX_MESSAGE
"""Characters of JSON that are read: message and hint fit in, however they are escaped."""
NO_WORDS = "the guest gave no reason"
_log = logging.getLogger("lumosai.sandbox")


class GuestError(FarError):
    """What a guest returned as its error: ``kind`` is one of CODES, ``retry_after`` in seconds if it told."""

    code = "guest_error"
    told: Mapping[str, Any] | None = None

    def of_sdk(self) -> LumosError:
        """Return the SDK's own error that the guest meant, as far as it named one; itself otherwise."""
        found = self if self.told is None else decode_error(self.told)
        return self if isinstance(found, FarError) else found

    @classmethod
    def parse(cls, text: str) -> GuestError:
        """Read a guest's error. One that is not in the contract's form counts as ``internal``, its text cut short."""
        try:
            data = json.loads(text) if len(text) <= LONGEST else None
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict) or str(data.get("code")) not in CODES:
            return cls("internal", plain(text) or NO_WORDS)
        retry, hint = data.get("retry_after"), data.get("hint")
        error = cls(
            data["code"],
            plain(data.get("message") or NO_WORDS),
            hint=plain(hint) if isinstance(hint, str) else None,
            retry_after=float(retry) if isinstance(retry, int | float) and 0 <= retry < 1e9 else None,  # noqa: PLR2004
        )
        error.told = data
        return error


def to_guest(error: LumosError) -> str:
    """Return an error of the host's as the guest is told it."""
    return json.dumps(encode_error(error))


def unexpected(plugin: str, function: str, error: BaseException) -> bytes:
    """Return what a guest is told of an exception nobody meant to raise on the host's side: that there was one."""
    _log.error("plugin %r: %s failed in the host", plugin, function, exc_info=error)
    return b'{"code": "internal", "message": "the host failed"}'
