"""What every route must do."""

# ruff: noqa: PLR2004, PT017, S101 - the class is a test
from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from lumosai_sdk.errors import LumosError
from lumosai_sdk.kinds.route import Route
from lumosai_sdk.types.http import HttpRequest, HttpResponse


class RouteConformance:
    """Subclass it, override ``route`` and ``request_``; the rest has defaults."""

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def route(self) -> Any:
        """The route under test. Override it."""
        raise NotImplementedError

    @pytest.fixture
    def request_(self) -> HttpRequest:
        """A request the route answers with success."""
        return HttpRequest("GET", "/")

    @pytest.fixture
    def odd_requests(self, request_: HttpRequest) -> Sequence[HttpRequest]:
        """What strangers send: the route may answer anything but must answer, or raise a LumosError."""
        names = [*request_.query, "unknown"]
        return (
            replace(request_, query={}),
            replace(request_, query=dict.fromkeys(names, "x" * 100_000)),
            replace(request_, query=dict.fromkeys(names, "\x00\r\nSet-Cookie: a=b\r\n")),
            replace(request_, query=dict.fromkeys(names, "../../../../etc/passwd")),
            replace(request_, query=dict.fromkeys(names, "<script>alert(1)</script>")),
            replace(request_, body=b"\xff\xfe\x00 not utf-8"),
            replace(request_, body=b"[" * 100_000),
            replace(request_, body=b"null"),
            replace(request_, headers={}),
            replace(request_, headers={"content-type": "\x00", "accept": "x" * 10_000}),
        )

    async def test_is_a_route(self, route: Any) -> None:
        """It has ``handle``."""
        assert isinstance(route, Route)

    async def test_answers(self, route: Any, request_: HttpRequest) -> None:
        """The answer is a success that can be sent."""
        response = await route.handle(request_)
        check_response(response)
        assert 200 <= response.status < 300

    async def test_answers_whatever_is_sent(self, route: Any, odd_requests: Sequence[HttpRequest]) -> None:
        """A malformed request gets an answer that can be sent, or a LumosError that is the caller's fault."""
        for request in odd_requests:
            try:
                response = await route.handle(request)
            except LumosError as e:
                assert 400 <= e.status < 500, repr(e)
            else:
                check_response(response)
                assert response.status < 500

    async def test_serves_requests_at_once(self, route: Any, request_: HttpRequest) -> None:
        """Concurrent requests are all answered."""
        for response in await asyncio.gather(*(route.handle(request_) for _ in range(8))):
            check_response(response)


def check_response(response: object) -> None:
    """Assert that a response can be sent: a status, a media type, header lines that are one line each, a body."""
    assert isinstance(response, HttpResponse)
    assert isinstance(response.status, int)
    assert 200 <= response.status <= 599
    assert "/" in response.media_type
    lines: list[object] = [response.media_type, *response.headers, *response.headers.values()]
    assert all(isinstance(line, str) for line in lines)
    assert not set("\r\n\0") & set("".join(map(str, lines)))
    if not isinstance(response.body, str | bytes):
        json.dumps(response.body, allow_nan=False)
