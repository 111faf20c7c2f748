"""Errors as JSON and back: ``{"code", "message", "hint"?, "retry_after"?, "type"?}``, as host.wit has it.

``code`` is one of a few words that every language can tell apart. ``type`` is the ``code`` of the SDK's class where
there is one, so that a model's error is the same error on the other side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lumosai_sdk import errors
from lumosai_sdk.errors import LumosError

CODES = frozenset(
    {"invalid-input", "denied", "not-found", "conflict", "limit", "timeout", "unavailable", "blocked", "internal"}
)
MAX_MESSAGE = 4_000
_LONGEST_WAIT = 1e9
_OF_CLASS: tuple[tuple[type[LumosError], str], ...] = (
    (errors.ToolError, "invalid-input"),
    (errors.InputError, "invalid-input"),
    (errors.PermissionDeniedError, "denied"),
    (errors.NotFoundError, "not-found"),
    (errors.ConflictError, "conflict"),
    (errors.BlockedError, "blocked"),
    (errors.PluginTimeoutError, "timeout"),
    (errors.PluginLimitError, "limit"),
    (errors.LimitExceededError, "limit"),
    (errors.PluginUnavailableError, "unavailable"),
    (errors.StorageError, "unavailable"),
    (errors.ModelAuthError, "denied"),
    (errors.ModelRateLimitError, "limit"),
    (errors.ModelUnavailableError, "unavailable"),
    (errors.ContextLengthError, "invalid-input"),
)
_BY_CODE: dict[str, type[LumosError]] = {
    "invalid-input": errors.InputError,
    "denied": errors.PermissionDeniedError,
    "conflict": errors.ConflictError,
    "blocked": errors.BlockedError,
}
_MODEL: dict[str, type[errors.ModelError]] = {
    c.code: c
    for c in (
        errors.ModelError,
        errors.ModelAuthError,
        errors.ModelRateLimitError,
        errors.ModelUnavailableError,
        errors.ModelResponseError,
        errors.ContextLengthError,
    )
}
_BY_TYPE: dict[str, type[LumosError]] = {c.code: c for c in (errors.ToolError, errors.StorageError)}


class FarError(LumosError):
    """What the other side says went wrong, where no class of ours says it: ``kind`` is one of CODES."""

    code = "far_error"

    def __init__(self, kind: str, message: str, *, hint: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.retry_after = retry_after


def encode_error(error: BaseException) -> dict[str, Any]:
    """Return an error as the other side is told it; of one that nobody meant to raise, its type and a line."""
    if not isinstance(error, LumosError):
        line = next(iter(str(error).strip().splitlines()), "")
        text = f"{type(error).__name__}: {line}" if line else type(error).__name__
        return {"code": "internal", "message": text[:MAX_MESSAGE]}
    out: dict[str, Any] = {"code": _code(error), "message": error.message[:MAX_MESSAGE], "type": error.code}
    if error.hint:
        out["hint"] = error.hint[:MAX_MESSAGE]
    if (wait := getattr(error, "retry_after", None)) is not None:
        out["retry_after"] = wait
    if isinstance(error, errors.ModelError):
        out["retryable"] = error.retryable
    return out


def decode_error(data: object) -> LumosError:
    """Return the error that the other side told of; one that is not in this form becomes an ``internal`` one."""
    if not isinstance(data, Mapping) or str(data.get("code")) not in CODES:
        return FarError("internal", plain(data))
    message, hint, wait = plain(data.get("message", "")), data.get("hint"), _wait(data.get("retry_after"))
    hint = plain(hint) if isinstance(hint, str) else None
    kind = data.get("type")
    if isinstance(kind, str) and kind in _MODEL:
        return _MODEL[kind](message, retryable=data.get("retryable") is True, retry_after=wait, hint=hint)
    cls = _BY_TYPE.get(kind) if isinstance(kind, str) else None
    if cls := cls or _BY_CODE.get(data["code"]):
        return cls(message, hint=hint)
    return FarError(data["code"], message, hint=hint, retry_after=wait)


def plain(value: object) -> str:
    r"""Return what the other side said as a short text that can be stored: JSON's ``"\ud800"`` alone cannot."""
    return str(value)[:MAX_MESSAGE].encode("utf-8", "replace").decode()


def _code(error: LumosError) -> str:
    if isinstance(error, FarError):
        return error.kind
    found = next((c for cls, c in _OF_CLASS if isinstance(error, cls)), None)
    if found is None and isinstance(error, errors.ModelError) and error.retryable:
        return "unavailable"
    return found or "internal"


def _wait(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _LONGEST_WAIT:
        return float(value)
    return None
