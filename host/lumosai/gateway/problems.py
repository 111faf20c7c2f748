"""Errors as answers: problem details (RFC 9457), or OpenAI's own shape where OpenAI's clients call."""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from lumosai.gateway.asgi import Scope
from lumosai.gateway.errors import InvalidFieldsError, MethodNotAllowedError
from lumosai.gateway.reply import Header, Reply, dump
from lumosai_sdk import safe
from lumosai_sdk.errors import ConfigError, LumosError, PluginError, StorageError

log = logging.getLogger("lumosai.gateway")
PROBLEM = b"application/problem+json"
OPENAI_FAMILY = ("/v1/chat/", "/v1/conversations", "/v1/embeddings", "/v1/models", "/v1/responses")
_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
FAILED = "lumos.failed"
"""Set in the scope of a request whose answer had begun when it failed."""
_TRANSIENT = {503: 5, 504: 5}
_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}
_KINDS: dict[str, type[LumosError]] = {}


def _harmless(record: logging.LogRecord) -> bool:
    """Make a log entry one that no terminal obeys, and that does not begin where it does not begin.

    What models, plugins and clients wrote stands in it.
    """
    record.msg, record.args = safe.line(record.getMessage()), ()
    if record.exc_info and record.exc_info[1] is not None:
        text = "".join(traceback.format_exception(record.exc_info[1]))
        record.exc_text = "\n".join(f"  {safe.line(part)}" for part in text.splitlines())
    return True


log.addFilter(_harmless)


def failure(scope: Scope, error: LumosError) -> Reply:
    """Return the answer to a request that failed, in the shape its path promises."""
    scope["lumos.code"] = error.code
    message, hint = _shown(scope, error)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request %s: %s", scope.get("lumos.request_id", "-"), error)
    if _is_openai(scope):
        return _openai(error, message, hint)
    return _problem(scope, error, message, hint)


def _is_openai(scope: Scope) -> bool:
    return str(scope.get("path", "")).startswith(OPENAI_FAMILY)


def unexpected(scope: Scope, error: BaseException) -> Reply:
    """Return the answer to a request that met a bug: an id, under which the log tells the rest."""
    request_id = scope.get("lumos.request_id", "-")
    log.error("request %s: %s %s failed", request_id, scope.get("method"), scope.get("path"), exc_info=error)
    return failure(scope, LumosError("the host failed", hint=f"its log tells why, under the id {request_id}"))


def stream_error(scope: Scope, error: LumosError) -> dict[str, Any]:
    """Return what the ``error`` event of a stream carries: ``{code, message, hint?}``, or OpenAI's shape."""
    scope[FAILED] = True
    message, hint = _shown(scope, error)
    if _is_openai(scope):
        return openai_error(error, message, hint)
    out = {"code": error.code, "message": message}
    return {**out, "hint": hint} if hint else out


def shown_error(scope: Scope, error: LumosError) -> dict[str, Any]:
    """Return ``{code, message, hint?}`` of an error that is part of an answer, as far as the caller may see it."""
    message, hint = _shown(scope, error)
    out = {"code": error.code, "message": message}
    return {**out, "hint": hint} if hint else out


def recorded(error: Mapping[str, Any]) -> LumosError:
    """Return an error as it was before it became an event or part of a record: of the same kind, in the same words."""
    code = str(error.get("code"))
    if code not in _KINDS:  # plugins bring errors of their own, at any time
        _KINDS.update(_by_code(LumosError))
    kind = _KINDS.get(code, LumosError)
    made = kind.__new__(kind)
    LumosError.__init__(made, str(error.get("message", "")), hint=error.get("hint"))
    if isinstance(made, PluginError):
        made.plugin = str(error.get("plugin", ""))
    return made


def _by_code(root: type[LumosError]) -> dict[str, type[LumosError]]:
    out = {root.code: root}
    for kind in root.__subclasses__():
        out = {**_by_code(kind), **out}
    return out


def shown_record(scope: Scope, run_id: str, error: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return the error of a run's record as its reader may see it: no more than the answer would have told."""
    if error is None or _sees_all(scope):
        return error
    failed = recorded(error)
    if not _is_inside(failed):
        return error
    told = {"message": _outline(failed), "hint": f"lumos runs show {run_id}, on the host, tells why"}
    return {**{k: error[k] for k in ("code", "plugin") if k in error}, **told}


def shown_event(scope: Scope, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an event of a run as its reader may see it."""
    error = event.get("error")
    if isinstance(error, Mapping):
        return {**event, "error": shown_record(scope, str(event.get("run_id")), error)}
    return event


def _shown(scope: Scope, error: LumosError) -> tuple[str, str | None]:
    """Return message and hint, without what only an owner should see: paths, settings, exceptions of plugins."""
    if not _is_inside(error) or _sees_all(scope):
        return error.message, error.hint
    return _outline(error), f"the host's log tells why, under {scope.get('lumos.request_id', '-')}"


def _is_inside(error: LumosError) -> bool:
    return isinstance(error, PluginError | ConfigError | StorageError)


def _sees_all(scope: Scope) -> bool:
    principal = scope.get("lumos.principal")
    return principal is not None and bool(principal.allows("plugin.manage"))


def _outline(error: LumosError) -> str:
    """Return what failed, as far as anybody may know: the plugin's name, but nothing of what it said."""
    what = f"plugin {error.plugin!r}" if isinstance(error, PluginError) else "the host"
    return f"{what}: {phrase(error.status)}"


def _problem(scope: Scope, error: LumosError, message: str, hint: str | None) -> Reply:
    return Reply(dump(_body(scope, error, message, hint)), error.status, PROBLEM, _headers(error))


def problem(scope: Scope, error: LumosError) -> dict[str, Any]:
    """Return the problem details of an error (RFC 9457), as far as the caller may see it."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request %s: %s", scope.get("lumos.request_id", "-"), error)
    return _body(scope, error, *_shown(scope, error))


def _body(scope: Scope, error: LumosError, message: str, hint: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"urn:lumosai:problem:{error.code}",
        "title": phrase(error.status),
        "status": error.status,
        "detail": message,
        "code": error.code,
    }
    if hint:
        body["hint"] = hint
    if isinstance(error, InvalidFieldsError):
        body["errors"] = list(error.fields)
    for name, key in (("request_id", "lumos.request_id"), ("run_id", "lumos.run_id")):
        if key in scope:
            body[name] = scope[key]
    return body


def _openai(error: LumosError, message: str, hint: str | None) -> Reply:
    status = 400 if error.status == HTTPStatus.UNPROCESSABLE_ENTITY else error.status
    # OpenAI's clients repeat 409, 429 and every 5xx by themselves: a run must not be started thrice for nothing.
    again = bool(getattr(error, "retryable", isinstance(error, StorageError)))
    headers = [*_headers(error), (b"x-should-retry", b"true" if again else b"false")]
    return Reply(dump(openai_error(error, message, hint)), status, headers=headers)


def openai_error(error: LumosError, message: str | None = None, hint: str | None = None) -> dict[str, Any]:
    """Return ``{"error": {message, type, param, code}}`` (OpenAI API reference, "Error codes")."""
    server = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    text = message or error.message
    return {
        "error": {
            "message": f"{text} ({hint})" if hint else text,
            "type": "server_error" if server else _TYPES.get(error.status, "invalid_request_error"),
            "param": error.fields[0]["field"] if isinstance(error, InvalidFieldsError) else None,
            "code": error.code,
        }
    }


def _headers(error: LumosError) -> list[Header]:
    out: list[Header] = list(getattr(error, "headers", ()))
    if isinstance(error, MethodNotAllowedError):
        out.append((b"allow", error.allow.encode()))
    if error.status == HTTPStatus.UNAUTHORIZED:
        out.append((b"www-authenticate", b"Bearer"))
    if error.status in {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT}:
        out.append((b"connection", b"close"))  # what is left of the body is not waited for
    after = getattr(error, "retry_after", None)
    if after is None:
        after = _TRANSIENT.get(error.status)
    if after is not None:
        out.append((b"retry-after", b"%d" % max(1, math.ceil(min(after, 86_400)))))
    return out


def phrase(status: int) -> str:
    """Return the reason phrase of a status (RFC 9110): Python's own depend on its version."""
    try:
        return _PHRASES.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return "Error"
