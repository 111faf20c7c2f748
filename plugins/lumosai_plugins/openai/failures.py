"""A server's refusals as ModelErrors: which of them may be tried again, when, and what to do about the others."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from lumosai_plugins.openai.settings import Endpoint
from lumosai_sdk.errors import (
    ContextLengthError,
    ModelAuthError,
    ModelError,
    ModelRateLimitError,
    ModelResponseError,
    ModelUnavailableError,
)
from lumosai_sdk.remote import blanked

_LONGEST_WAIT = 86_400.0
_TOO_LONG = re.compile(
    r"maximum context length|context[ _](length|window|size)|(prompt|input|request) is too (long|large)|too many tokens"
    r"|reduce the length|token limit",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(r"(invalid|incorrect|missing)\s+(api|access)[ _-]?key|api key not valid", re.IGNORECASE)
_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_funds"})
_BUSY = frozenset(
    {"server_error", "overloaded_error", "overloaded", "engine_overloaded", "service_unavailable", "timeout"}
)
_RETRYABLE = frozenset({408, 409, 425})
_NEVER = frozenset({501, 505})
_REDIRECTION = 3
_FIRST_EPOCH = 1e9
_FIRST_EPOCH_MS = 1e11
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a server says of a failure: its words, and the codes it gives them."""

    message: str = ""
    codes: frozenset[str] = frozenset()
    status: int = 0

    @classmethod
    def of(cls, value: Any, secrets: Sequence[str] = ()) -> Refusal:
        """Read an error object of any of the shapes in use: OpenAI's, Google's (a list), FastAPI's (detail), a string.

        *secrets* are blanked out, should the server repeat them.
        """
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, Mapping) and value.get("error"):
            value = value["error"]
        if not isinstance(value, Mapping):
            return cls(blanked(value if isinstance(value, str) else "", secrets))
        codes = {v.lower() for k in ("code", "type", "status") if isinstance(v := value.get(k), str)}
        number = next((v for k in ("code", "status") if type(v := value.get(k)) is int), 0)
        words = next((v for k in ("message", "detail") if (v := value.get(k))), "")
        text = words if isinstance(words, str) else json.dumps(words)
        return cls(blanked(text, secrets), frozenset(codes), number)


def refused(
    endpoint: Endpoint, status: int, refusal: Refusal, headers: Mapping[str, str], model: str = ""
) -> ModelError:
    """Return the error for an answer of *status*, or (status 0) for an error object inside an answer."""
    status = status or refusal.status
    at = f"{endpoint} answered {status}" if status else f"{endpoint} reported an error"
    text = f"{at}: {refusal.message}" if refusal.message else at
    if status // 100 == _REDIRECTION:
        return ModelResponseError(
            f"{at}, a redirect, which is not followed", hint=f"set {endpoint.where}.base_url to where the API is"
        )
    return _by_code(endpoint, text, refusal) or _by_status(endpoint, status, text, headers, model)


def _by_code(endpoint: Endpoint, text: str, refusal: Refusal) -> ModelError | None:
    codes = refusal.codes
    if codes & _QUOTA:
        return ModelRateLimitError(text, hint=f"the account behind {endpoint.where}.api_key has no quota left")
    if "context_length_exceeded" in codes or (refusal.status in {0, 400} and _TOO_LONG.search(refusal.message)):
        return _too_long(text)
    if "invalid_api_key" in codes or _BAD_KEY.search(refusal.message):
        return ModelAuthError(text, hint=endpoint.key_hint())
    return None


def _by_status(endpoint: Endpoint, status: int, text: str, headers: Mapping[str, str], model: str) -> ModelError:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ModelRateLimitError(text, retryable=True, retry_after=retry_after(headers))
    if status in _RETRYABLE or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ModelUnavailableError(text, retryable=status not in _NEVER, retry_after=retry_after(headers))
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ModelAuthError(text, hint=endpoint.key_hint())
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return _too_long(text)
    hints: dict[int, str] = {
        HTTPStatus.PAYMENT_REQUIRED: f"the account behind {endpoint.where}.api_key has no quota left",
        HTTPStatus.NOT_FOUND: f"is there a model {model!r}? lumos models lists them; or mend {endpoint.where}.base_url",
    }
    return ModelError(text, hint=hints.get(status))


def reported(endpoint: Endpoint, refusal: Refusal) -> ModelError:
    """Return the error for an error object that came inside an answer: there is no status to go by."""
    status = refusal.status
    if not status and "rate_limit" in " ".join(refusal.codes):
        status = 429
    elif not status and refusal.codes & _BUSY:
        status = 503
    return refused(endpoint, status, refusal, {})


def _too_long(text: str) -> ContextLengthError:
    return ContextLengthError(text, hint="shorten the conversation, or use a model with a longer context")


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds a server asks to wait (RFC 9110 section 10.2.3, and what vendors use instead)."""
    if (wait := _number(headers.get("retry-after-ms"))) is not None:
        return _bounded(wait / 1000)
    if value := headers.get("retry-after"):
        wait = _number(value)
        return _bounded(_until(value, now) if wait is None else wait)
    return _bounded(_reset(headers, now))


def _reset(headers: Mapping[str, str], now: datetime | None) -> float | None:
    waits: list[float] = []
    for what in ("-requests", "-tokens", ""):
        value = headers.get(f"x-ratelimit-reset{what}", "")
        if what and headers.get(f"x-ratelimit-remaining{what}", "0") != "0":
            continue
        if (wait := _number(value)) is not None:
            waits.append(_from_epoch(wait, now))
        elif parts := _DURATION.findall(value):
            waits.append(sum(float(n) * _UNITS[unit] for n, unit in parts))
    return max(waits, default=None)


def _from_epoch(value: float, now: datetime | None) -> float:
    """Tell seconds to go from seconds or milliseconds since the epoch."""
    if value < _FIRST_EPOCH:
        return value
    return (value / 1000 if value > _FIRST_EPOCH_MS else value) - (now or datetime.now(UTC)).timestamp()


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _until(date: str, now: datetime | None) -> float | None:
    try:
        when = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (when - (now or datetime.now(UTC))).total_seconds()


def _bounded(wait: float | None) -> float | None:
    return None if wait is None else min(max(wait, 0.0), _LONGEST_WAIT)
