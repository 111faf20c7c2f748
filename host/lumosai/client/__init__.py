"""The Python client of a LumosAI service: ``Client`` waits, ``AsyncClient`` is for asyncio.

It imports nothing of the host. What requests take and answers have is in ``lumosai.client.models``, made from the
service's OpenAPI document, as are the methods.
"""

from __future__ import annotations

from lumosai.client._generated import models
from lumosai.client.async_client import AsyncClient
from lumosai.client.client import Client
from lumosai.client.errors import (
    AnswerError,
    ClientError,
    ConflictError,
    ConnectionFailedError,
    InvalidRequestError,
    NotAsExpectedError,
    NotFoundError,
    PermissionDeniedError,
    Problem,
    ProblemError,
    ServiceError,
    StreamFailedError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnavailableError,
)
from lumosai.client.exchange import etag
from lumosai.client.request import Answer
from lumosai.client.retry import Retries
from lumosai.client.streams import AsyncEventStream, EventStream, ServerSentEvent

__all__ = [
    "Answer",
    "AnswerError",
    "AsyncClient",
    "AsyncEventStream",
    "Client",
    "ClientError",
    "ConflictError",
    "ConnectionFailedError",
    "EventStream",
    "InvalidRequestError",
    "NotAsExpectedError",
    "NotFoundError",
    "PermissionDeniedError",
    "Problem",
    "ProblemError",
    "Retries",
    "ServerSentEvent",
    "ServiceError",
    "StreamFailedError",
    "TooManyRequestsError",
    "UnauthenticatedError",
    "UnavailableError",
    "etag",
    "models",
]
