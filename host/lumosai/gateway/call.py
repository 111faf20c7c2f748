"""One request, as the operations see it."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from lumosai.gateway.asgi import Receive, Scope
from lumosai.gateway.errors import (
    BadRequestError,
    ClientGoneError,
    InvalidFieldsError,
    RequestTimeoutError,
    UnsupportedMediaError,
)
from lumosai.gateway.gate import Gate
from lumosai.ids import MadeId, new_id
from lumosai.runs.tools import authorize
from lumosai_sdk.types.auth import Principal

M = TypeVar("M", bound=BaseModel)
BODY_SECONDS = 60.0
MAX_QUERY_FIELDS = 64
MAX_FIELD_ERRORS = 8
_SPENDING = ("agent.run", "model.call")
# Only a number written with such an exponent can overflow to infinity, which no JSON validator is prepared for.
_MAY_OVERFLOW = re.compile(rb"[eE]\+?[0-9]{3}")


class Call:
    """A request and what it is about: parsed on demand, once."""

    __slots__ = ("_receive", "gate", "leave", "params", "principal", "run_id", "scope", "taken")

    def __init__(self, gate: Gate, scope: Scope, receive: Receive) -> None:
        self.gate = gate
        self.scope = scope
        self.params: Mapping[str, str] = scope["path_params"]
        self.principal: Principal = scope["lumos.principal"]
        self._receive = receive
        self.run_id = ""
        self.leave: list[tuple[str, str]] | None = None
        self.taken: bytes | None = None

    def new_run(self) -> MadeId:
        """Return the id of the run that this request makes."""
        return MadeId(self.run_id or new_id("run"))

    def header(self, name: bytes) -> str:
        """Return the first header of that (lower-case) name, or nothing."""
        return next((v.decode("latin-1") for k, v in self.scope["headers"] if k == name), "")

    @property
    def wants_events(self) -> bool:
        """Tell whether the client asked for server-sent events by its ``Accept`` header."""
        return "text/event-stream" in self.header(b"accept")

    async def allow(self, action: str, resource: str) -> None:
        """Return if the caller may. Raises PermissionDeniedError; BudgetExceededError where it would cost too much."""
        host = self.gate.host
        await authorize(host.plugins.hooks, self.principal, action, resource)
        if action in _SPENDING:
            await host.spending.check(self.principal)
        if self.leave is not None:
            self.leave.append((action, resource))

    def pairs(self) -> dict[str, str]:
        """Return the query. Raises BadRequestError when there is far too much of it."""
        query: bytes = self.scope["query_string"]
        if not query:
            return {}
        try:
            pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
        except ValueError as e:
            raise BadRequestError(f"the query cannot be read: {e}") from None
        return dict(pairs)

    def query(self, model: type[M]) -> M:
        """Return the query as *model*. Raises InvalidFieldsError naming what is wrong."""
        return validated(model, self.pairs(), "query.")

    async def raw(self) -> bytes:
        """Return the body. Raises RequestTimeoutError, and BodyTooLargeError from the layer that counts."""
        if self.taken is not None:
            return self.taken
        message = await self._next()
        if not message.get("more_body"):
            return bytes(message.get("body", b""))
        parts = [message.get("body", b"")]
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while message.get("more_body"):
                    message = await self._next()
                    parts.append(message.get("body", b""))
        except TimeoutError:
            raise RequestTimeoutError(f"the body did not come within {BODY_SECONDS:g} s") from None
        return b"".join(parts)

    async def _next(self) -> Any:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        return message

    async def body(self, model: type[M]) -> M:
        """Return the body as *model*. Raises UnsupportedMediaError, BadRequestError, InvalidFieldsError."""
        self.check_media_type()
        return validated(model, parsed(await self.raw(), "the body"))

    def check_media_type(self) -> None:
        """Raise UnsupportedMediaError for a body that is not said to be JSON."""
        # What is sent as anything else, a web page could have sent without asking (CORS-safelisted requests).
        media = self.header(b"content-type").partition(";")[0].strip().lower()
        if media != "application/json" and not media.endswith("+json"):
            raise UnsupportedMediaError(
                f"the body must be JSON, not {media or 'of unknown kind'}", hint="send Content-Type: application/json"
            )


def parsed(raw: bytes, what: str) -> Any:
    """Return JSON that came from outside. Raises BadRequestError, naming it as *what*."""
    try:
        data = from_json(raw, allow_inf_nan=False)
    except ValueError as e:
        raise BadRequestError(f"{what} is not JSON: {e}") from None
    if _MAY_OVERFLOW.search(raw) and not _is_finite(data):
        raise BadRequestError(f"{what} holds a number that is too large")
    return data


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_is_finite(v) for v in value.values())
    return not isinstance(value, list) or all(_is_finite(v) for v in value)


def validated(model: type[M], data: Any, prefix: str = "") -> M:
    """Return *data* as *model*. Raises InvalidFieldsError naming what is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as e:
        errors = e.errors(include_url=False, include_context=False, include_input=False)[:MAX_FIELD_ERRORS]
    raise InvalidFieldsError([_field(error, prefix) for error in errors])


def _field(error: Any, prefix: str) -> dict[str, str]:
    # A part in angle brackets names a branch of a union, which is no place in what was sent.
    path = ".".join(str(p) for p in error["loc"] if not str(p).startswith("<"))
    return {"field": f"{prefix}{path}" or "body", "message": error["msg"].removeprefix("Value error, ")}
