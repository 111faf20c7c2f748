"""Errors across the boundary: how one is written for a guest, and what a guest's own one means to the host."""

from __future__ import annotations

import json
import logging
from typing import Any

from lumosai_sdk.errors import (
    ConflictError,
    InputError,
    LumosError,
    NotFoundError,
    PermissionDeniedError,
    PluginTimeoutError,
)

CODES = frozenset(
    {"invalid-input", "denied", "not-found", "conflict", "limit", "timeout", "unavailable", "blocked", "internal"}
)
MAX_MESSAGE = 4_000
_log = logging.getLogger("lumosai.sandbox")
_OF_CLASS: tuple[tuple[type[LumosError], str], ...] = (
    (PermissionDeniedError, "denied"),
    (InputError, "invalid-input"),
    (NotFoundError, "not-found"),
    (ConflictError, "conflict"),
    (PluginTimeoutError, "timeout"),
)


class GuestError(LumosError):
    """What a guest returned as its error: ``kind`` is one of CODES, ``retry_after`` in seconds if it told."""

    code = "guest_error"

    def __init__(self, kind: str, message: str, *, hint: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.retry_after = retry_after

    @classmethod
    def parse(cls, text: str) -> GuestError:
        """Read a guest's error. One that is not in the contract's form counts as ``internal``, its text cut short."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict) or str(data.get("code")) not in CODES:
            return cls("internal", text[:MAX_MESSAGE])
        retry, hint = data.get("retry_after"), data.get("hint")
        return cls(
            data["code"],
            str(data.get("message", ""))[:MAX_MESSAGE],
            hint=hint[:MAX_MESSAGE] if isinstance(hint, str) else None,
            retry_after=float(retry) if isinstance(retry, int | float) and 0 <= retry < 1e9 else None,  # noqa: PLR2004
        )


def to_guest(error: LumosError) -> str:
    """Return an error of the host's as the guest is told it."""
    code = (
        error.kind
        if isinstance(error, GuestError)
        else next((c for cls, c in _OF_CLASS if isinstance(error, cls)), _by_code(error.code))
    )
    out: dict[str, Any] = {"code": code, "message": error.message}
    if error.hint:
        out["hint"] = error.hint
    retry = getattr(error, "retry_after", None)
    if retry is not None:
        out["retry_after"] = retry
    return json.dumps(out)


def unexpected(plugin: str, function: str, error: BaseException) -> bytes:
    """Return what a guest is told of an exception nobody meant to raise on the host's side: that there was one."""
    _log.error("plugin %r: %s failed in the host", plugin, function, exc_info=error)
    return b'{"code": "internal", "message": "the host failed"}'


def _by_code(code: str) -> str:
    return {"blocked": "blocked", "model_unavailable": "unavailable", "limit_exceeded": "limit"}.get(code, "internal")
