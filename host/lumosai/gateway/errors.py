"""What can be wrong with an HTTP request as such."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lumosai_sdk.errors import InputError, LumosError


class BadRequestError(LumosError):
    """The request is not what HTTP or JSON allow."""

    code = "bad_request"
    status = 400


class FramingError(BadRequestError):
    """Others might not agree on where the request ends; what follows it is not read."""

    headers = ((b"connection", b"close"),)


class InvalidFieldsError(InputError):
    """Fields of the request are wrong; ``fields`` holds ``{field, message}`` for each."""

    def __init__(self, fields: Sequence[Mapping[str, str]]) -> None:
        super().__init__("; ".join(f"{f['field']}: {f['message']}" for f in fields))
        self.fields = tuple(fields)


class NoSuchPathError(LumosError):
    """Nothing is served at that path."""

    code = "not_found"
    status = 404


class MethodNotAllowedError(LumosError):
    """The path is served, but not by that method."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        self.allow = ", ".join(sorted(allowed))
        super().__init__(f"{method} is not served here; there are: {self.allow}")


class RequestTimeoutError(LumosError):
    """The body did not come in time."""

    code = "request_timeout"
    status = 408


class BodyTooLargeError(LumosError):
    """The body is larger than ``[server] max_body``."""

    code = "body_too_large"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes", hint="send less, or raise [server] max_body")


class HeadTooLargeError(LumosError):
    """The head of the request is more than a request needs."""

    code = "head_too_large"
    status = 431


class TooManyRequestsError(LumosError):
    """The caller asks more than it may; ``retry_after`` seconds from now it may ask again."""

    code = "too_many_requests"
    status = 429
    retryable = True

    def __init__(self, message: str, retry_after: float, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(message, hint="wait as long as Retry-After says")
        self.retry_after = retry_after
        self.headers = tuple(headers)


class UnsupportedMediaError(LumosError):
    """The body is of a kind that is not taken."""

    code = "unsupported_media_type"
    status = 415


class AuthUnavailableError(LumosError):
    """Who should know the callers is not there: until it is, nobody is let in."""

    code = "auth_unavailable"
    status = 503


class PreconditionFailedError(LumosError):
    """What was to be changed is no longer as the caller saw it (RFC 9110 section 13.1.1)."""

    code = "precondition_failed"
    status = 412


class PreconditionRequiredError(LumosError):
    """The caller has to say what it saw, so that it overwrites no change it did not see (RFC 6585 section 3)."""

    code = "precondition_required"
    status = 428


class StoppingError(LumosError):
    """The host is about to stop."""

    code = "stopping"
    status = 503


class UpgradeRequiredError(LumosError):
    """What is served at that path is a WebSocket."""

    code = "upgrade_required"
    status = 426
    headers = ((b"upgrade", b"websocket"), (b"connection", b"upgrade"))


class KeyReusedError(LumosError):
    """An ``Idempotency-Key`` came before, with something else."""

    code = "idempotency_key_reused"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key was sent before, with another body", hint="send a new key with each new request"
        )


class RequestUnderWayError(LumosError):
    """What is asked again is being done."""

    code = "request_under_way"
    status = 409
    retryable = True
    retry_after = 1.0

    def __init__(self) -> None:
        super().__init__("the request with this Idempotency-Key is under way", hint="send it again as Retry-After says")


class AnswerNotKeptError(LumosError):
    """What is asked again was done; what it was answered is not kept."""

    code = "answer_not_kept"
    status = 409

    def __init__(self, run_id: str) -> None:
        super().__init__(
            "the request with this Idempotency-Key was done; its answer, a stream or a long one, is not kept",
            hint=f"GET /v1/runs/{run_id} tells what came of it" if run_id else "a new key does it once more",
        )


class UnknownOutcomeError(LumosError):
    """Who was at work on what is asked again is gone, and did not say how far it came."""

    code = "outcome_unknown"
    status = 409

    def __init__(self, run_id: str) -> None:
        told = f"GET /v1/runs/{run_id} tells what came of it; " if run_id else ""
        super().__init__(
            "the host stopped while it was at work on the request with this Idempotency-Key: it may have been done",
            hint=f"{told}a new key does it once more",
        )


class KeysUnavailableError(LumosError):
    """The store cannot tell which of two requests came first."""

    code = "idempotency_unavailable"
    status = 501

    def __init__(self, storage: str) -> None:
        super().__init__(
            f"the storage {storage!r} has no kv_add, without which no request can be done once",
            hint="leave Idempotency-Key out, or use a storage that has it",
        )


class ClientGoneError(Exception):
    """The client closed the connection before its request was whole: there is nobody to answer."""
