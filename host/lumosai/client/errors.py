"""What can go wrong with a call. An answer that is an error is a problem (RFC 9457), of the kind its status is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from lumosai.client.retry_after import seconds

URN: Final = "urn:lumosai:problem:"
_LONGEST = 2000
"""Of the body of an answer that is no problem: what a proxy says is shown, but not all of it."""


class ClientError(Exception):
    """The root of what this package raises."""


class ConnectionFailedError(ClientError):
    """The service was not reached, was too slow, or cut the connection."""


class AnswerError(ClientError):
    """The service answered with something that is not the protocol."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem's members.

    ``code`` is stable, ``hint`` is the next thing to do, ``errors`` says which fields are wrong, ``retry_after`` is in
    seconds.
    """

    status: int
    code: str
    title: str
    detail: str
    type: str
    hint: str | None = None
    errors: Sequence[Mapping[str, str]] = ()
    request_id: str | None = None
    run_id: str | None = None
    retry_after: float | None = None


class ProblemError(ClientError):
    """The service answered with a problem, whose members are attributes of this."""

    def __init__(self, problem: Problem) -> None:
        hint = f"\n  hint: {problem.hint}" if problem.hint else ""
        super().__init__(f"{problem.status} {problem.code}: {problem.detail}{hint}")
        self.problem = problem
        self.status = problem.status
        self.code = problem.code
        self.title = problem.title
        self.detail = problem.detail
        self.type = problem.type
        self.hint = problem.hint
        self.errors = problem.errors
        self.request_id = problem.request_id
        self.run_id = problem.run_id
        self.retry_after = problem.retry_after


class InvalidRequestError(ProblemError):
    """400, 413, 415, 422: the request is not what the operation takes; ``errors`` names the fields."""


class UnauthenticatedError(ProblemError):
    """401: the service does not know the caller."""


class PermissionDeniedError(ProblemError):
    """403: the caller may not."""


class NotFoundError(ProblemError):
    """404: nothing has that id."""


class ConflictError(ProblemError):
    """409: the thing is in a state that does not allow this."""


class NotAsExpectedError(ProblemError):
    """304 and 412: the thing is, or is no longer, what the request took it for."""


class TooManyRequestsError(ProblemError):
    """429: more than is allowed, of requests or of what a run may use."""


class ServiceError(ProblemError):
    """5xx: the service, a plugin or a model failed."""


class UnavailableError(ServiceError):
    """503: not now."""


class StreamFailedError(ProblemError):
    """A stream ended with an ``error`` event; the status of its answer had been 200."""


_KINDS: Final[Mapping[int, type[ProblemError]]] = {
    304: NotAsExpectedError,
    400: InvalidRequestError,
    401: UnauthenticatedError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    412: NotAsExpectedError,
    413: InvalidRequestError,
    415: InvalidRequestError,
    422: InvalidRequestError,
    429: TooManyRequestsError,
    503: UnavailableError,
}


def problem_error(status: int, headers: Mapping[str, str], body: bytes) -> ProblemError:
    """Return the error an answer is: a problem, an error of OpenAI's shape, or what something in between said."""
    kind = _KINDS.get(status, ServiceError if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ProblemError)
    return kind(_problem(status, headers, body))


def stream_error(data: Any, run_id: str | None) -> StreamFailedError:
    """Return the error that the data of an ``error`` event tells of."""
    told = data if isinstance(data, dict) else {}
    told = told["error"] if isinstance(told.get("error"), dict) else told
    code = str(told.get("code") or "error")
    text = str(told.get("message") or "the stream failed")
    return StreamFailedError(Problem(200, code, "Error", text, URN + code, _text(told, "hint"), run_id=run_id))


def _problem(status: int, headers: Mapping[str, str], body: bytes) -> Problem:
    told = _object(body)
    inner = told.get("error")
    if isinstance(inner, dict):
        told = {"detail": inner.get("message"), "code": inner.get("code")}
    code = str(told.get("code") or f"http_{status}")
    errors = told.get("errors")
    return Problem(
        status=status,
        code=code,
        title=_text(told, "title") or _phrase(status),
        detail=_text(told, "detail") or body[:_LONGEST].decode(errors="replace") or _phrase(status),
        type=_text(told, "type") or URN + code,
        hint=_text(told, "hint"),
        errors=[e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else (),
        request_id=_text(told, "request_id") or headers.get("x-request-id"),
        run_id=_text(told, "run_id") or headers.get("x-lumos-run"),
        retry_after=seconds(headers.get("retry-after")),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(told: Mapping[str, Any], name: str) -> str | None:
    value = told.get(name)
    return value if isinstance(value, str) and value else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
