"""What a server's refusal is among the errors of models, where the plugin did not say it better."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from lumosai_sandbox.guesterror import GuestError
from lumosai_sdk.errors import (
    ContextLengthError,
    LumosError,
    ModelAuthError,
    ModelError,
    ModelRateLimitError,
    ModelResponseError,
    ModelUnavailableError,
)
from lumosai_sdk.wireerrors import FarError

REFUSED = 400
_TOO_MANY, _TOO_LARGE, _BROKEN = 429, 413, 500
_KEY = frozenset({401, 403})
_LATER = frozenset({408, 409, 425})
_NEVER = frozenset({501, 505})
_LONGEST_WAIT = 86_400.0


def by_status(provider: str, status: int, headers: Mapping[str, str]) -> ModelError:
    """Return the error for an answer of *status*."""
    text = f"the server behind {provider!r} answered {status}"
    if status == _TOO_MANY:
        return ModelRateLimitError(text, retryable=True, retry_after=retry_after(headers))
    if status in _LATER or status >= _BROKEN:
        return ModelUnavailableError(text, retryable=status not in _NEVER, retry_after=retry_after(headers))
    if status in _KEY:
        return ModelAuthError(text, hint="is its key set, and granted to the plugin for that host?")
    if status == _TOO_LARGE:
        return ContextLengthError(text, hint="shorten the conversation, or use a model with a longer context")
    return ModelError(text)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a server asks to wait (RFC 9110 section 10.2.3)."""
    value = headers.get("retry-after", "")
    try:
        wait = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        wait = ((when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    return min(max(wait, 0.0), _LONGEST_WAIT) if math.isfinite(wait) else None


def of_guest(error: GuestError) -> LumosError | None:
    """Return the model error a guest told of; None for one that says of itself that it failed."""
    if isinstance(found := error.of_sdk(), ModelError):
        return found
    if error.kind == "internal":
        return None
    return _by_kind(error.kind, error.message, error.hint, error.retry_after)


def on_the_way(provider: str, error: FarError) -> ModelError:
    """Return the error for a request that the host could not make, or whose answer it could not read."""
    text = f"the server behind {provider!r}: {error.message}"
    return _by_kind("response" if error.kind == "limit" else error.kind, text, error.hint, error.retry_after)


def _by_kind(kind: str, text: str, hint: str | None, wait: float | None) -> ModelError:
    if kind in {"unavailable", "timeout"}:
        return ModelUnavailableError(text, retryable=True, retry_after=wait, hint=hint)
    if kind == "limit":
        return ModelRateLimitError(text, retryable=True, retry_after=wait, hint=hint)
    if kind == "denied":
        return ModelAuthError(text, hint=hint)
    return ModelResponseError(text, hint=hint) if kind == "response" else ModelError(text, hint=hint)
