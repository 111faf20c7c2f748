"""What both clients do with a request and its answer, apart from waiting for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lumosai.client.errors import AnswerError, ConnectionFailedError, ProblemError, problem_error
from lumosai.client.request import EVENTS, Answer, Request
from lumosai.client.settings import CONNECT, SILENCE, Settings

if TYPE_CHECKING:
    from types import ModuleType

    import httpx2


def library() -> ModuleType:
    """Return the HTTP library. Raises ModuleNotFoundError that says how to get it."""
    try:
        import httpx2
    except ModuleNotFoundError as e:
        raise ModuleNotFoundError(
            "lumosai.client needs the extra 'client': pip install 'lumosai[client]'", name=e.name
        ) from None
    return httpx2


def options(settings: Settings) -> dict[str, Any]:
    """Return what the HTTP library's clients are made with.

    Redirects are not followed: a key goes nowhere else. Nor does what is for this machine go to a proxy that the
    environment names.
    """
    return {
        "base_url": settings.base_url,
        "headers": settings.headers(),
        "timeout": library().Timeout(settings.timeout, connect=min(CONNECT, settings.timeout)),
        "follow_redirects": False,
        "trust_env": not settings.is_local,
    }


def sent(http: httpx2.Client | httpx2.AsyncClient, request: Request, settings: Settings) -> httpx2.Request:
    """Return a request as the HTTP library has it. Raises TypeError or ValueError when its body is not JSON."""
    extensions = None
    if request.accept == EVENTS:
        patience = min(SILENCE, settings.timeout)
        quick = min(CONNECT, settings.timeout)
        extensions = {"timeout": {"connect": quick, "read": patience, "write": patience, "pool": quick}}
    return http.build_request(
        request.method,
        request.path,
        params=request.sent_query() or None,
        headers=request.sent_headers(),
        content=request.sent_body(),
        extensions=extensions,
    )


def refused(response: httpx2.Response) -> ProblemError:
    """Return the error that an answer, whose body was read, is."""
    return problem_error(response.status_code, response.headers, response.content)


def before_sending(error: Exception) -> bool:
    """Tell whether a request that failed so never reached the service."""
    http = library()
    return isinstance(error, http.ConnectError | http.ConnectTimeout | http.PoolTimeout)


def failed(error: Exception, request: Request) -> ConnectionFailedError:
    """Return the error for a connection that failed. It holds nothing of the request but its method and path."""
    return ConnectionFailedError(f"{request.method} {request.path}: {type(error).__name__}: {error}")


class Tagged(dict[str, Any]):
    """An object that came with an ``ETag``."""

    etag = ""


def etag(answer: Mapping[str, Any]) -> str | None:
    """Return the tag (RFC 9110, section 8.8.3) that an answer came with, to be given as ``if_match`` with a change."""
    return answer.etag if isinstance(answer, Tagged) else None


def parsed(response: httpx2.Response) -> Any:
    """Return an answer's JSON. Raises AnswerError."""
    try:
        found = json.loads(response.content)
        tag = response.headers.get("etag")
        if tag is None or not isinstance(found, dict):
            return found
        tagged = Tagged(found)
        tagged.etag = tag
        return tagged
    except (ValueError, RecursionError):
        kind = response.headers.get("content-type", "nothing told")
        raise AnswerError(f"the answer is not JSON but {kind!r}: is this the address of a LumosAI service?") from None


def whole(response: httpx2.Response) -> Answer:
    """Return an answer as it is."""
    return Answer(response.status_code, dict(response.headers), response.content)
