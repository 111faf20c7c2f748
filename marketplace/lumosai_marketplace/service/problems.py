"""Errors as answers: problem details (RFC 9457), with the rule that refused and what to do next."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lumosai_marketplace.errors import RateLimitedError
from lumosai_sdk import safe
from lumosai_sdk.errors import ConfigError, InputError, LumosError, PluginError, StorageError

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

log = logging.getLogger("lumosai.marketplace")
PROBLEM = "application/problem+json"
_INSIDE = (ConfigError, StorageError, PluginError)
_AGAIN = {503: 5.0}
_SHOWN = 8
_PAGES = frozenset({400, 404, 405, 422})


class HttpError(LumosError):
    """What HTTP itself refuses: ``status`` is the answer's."""

    code = "http"

    def __init__(self, status: int, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.answer = status


class SignInError(LumosError):
    """Who asks is not known; ``scheme`` is how to say who one is."""

    code = "unauthenticated"
    status = 401

    def __init__(self, message: str, *, hint: str | None = None, scheme: str = "Bearer") -> None:
        super().__init__(message, hint=hint)
        self.scheme = scheme


def install(app: FastAPI) -> None:
    """Make the app answer with problem details."""

    async def lumos(request: Request, error: Exception) -> Response:
        found = _as_lumos(error)
        if _is_read(request) and getattr(found, "answer", found.status) in _PAGES:
            from lumosai_marketplace.service.web.rendering import wrong

            return wrong(request.app.state.service, found)
        return problem(request.scope.get("lumos.request_id", "-"), found)

    for kind in (LumosError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, lumos)


def _is_read(request: Request) -> bool:
    """Tell whether somebody reads the answer in a browser: these name HTML before all else, and programs do not."""
    return request.method in {"GET", "HEAD"} and request.headers.get("accept", "").startswith("text/html")


def problem(request_id: str, error: LumosError) -> JSONResponse:
    """Return the answer to a request that failed."""
    status = getattr(error, "answer", error.status)
    message, hint = _told(error, request_id)
    body: dict[str, Any] = {
        "type": f"urn:lumosai:problem:{error.code}",
        "title": _phrase(status),
        "status": status,
        "detail": message,
        "code": error.code,
        "request_id": request_id,
    }
    if rule := getattr(error, "rule", None):
        body["rule"] = rule
    if hint:
        body["hint"] = hint
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request %s: %s", request_id, safe.line(str(error)), exc_info=error.__cause__)
    return JSONResponse(body, status, _headers(error, status), PROBLEM)


def unexpected(request_id: str, error: BaseException) -> JSONResponse:
    """Return the answer to a request that met a bug: an id, under which the log tells the rest."""
    log.error("request %s failed", request_id, exc_info=error)
    return problem(request_id, HttpError(500, "the service failed", hint=f"its log tells why, under {request_id}"))


def _as_lumos(error: Exception) -> LumosError:
    if isinstance(error, LumosError):
        return error
    if isinstance(error.__cause__, LumosError):  # raised while FastAPI read a body
        return error.__cause__
    if isinstance(error, RequestValidationError):
        said = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()[:_SHOWN]]
        return InputError(safe.line("; ".join(said))[:1000])
    if isinstance(error, HTTPException):
        return HttpError(error.status_code, safe.line(str(error.detail)))
    return LumosError("the service failed")


def _told(error: LumosError, request_id: str) -> tuple[str, str | None]:
    """Return message and hint, without what only the operator should see: paths, settings."""
    if isinstance(error, _INSIDE):
        return "the service cannot do that now", f"its log tells why, under {request_id}"
    return error.message, error.hint


def _headers(error: LumosError, status: int) -> dict[str, str]:
    out = {"cache-control": "no-store"}
    if status == HTTPStatus.UNAUTHORIZED:
        out["www-authenticate"] = f'{getattr(error, "scheme", "Bearer")} realm="marketplace"'
    if status in {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT}:
        out["connection"] = "close"  # what is left of the body is not waited for
    after = error.after if isinstance(error, RateLimitedError) else _AGAIN.get(status)
    if after is not None:
        out["retry-after"] = str(max(1, math.ceil(min(after, 86_400))))
    return out


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
