"""An operation that will go says so: in each answer, in the document, and on the page for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from lumosai.gateway import app
from lumosai.gateway.app import create_app
from lumosai.gateway.deprecation import Deprecation
from lumosai.gateway.resources import agents

Open = Callable[..., Any]
SINCE = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SUNSET = datetime(2027, 6, 1, 2, 0, tzinfo=timezone(timedelta(hours=2)))
GOING = Deprecation(SINCE, SUNSET, "/v2/agents")


class Old:
    """The agents, listed by an operation that will go."""

    OPERATIONS = tuple(
        replace(o, path=o.path.replace("/v1/", "/old/"), id=f"old{o.id}", deprecated=GOING) for o in agents.OPERATIONS
    )


@pytest.fixture
async def old(gateway: Open, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(app, "RESOURCES", (*app.RESOURCES, Old))
    async with gateway() as g:
        transport = httpx2.ASGITransport(create_app(g.host), client=("127.0.0.1", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client


async def test_each_answer_tells_it(old: httpx2.AsyncClient) -> None:
    tag = (await old.get("/old/agents")).headers["etag"]
    for path, head, status in (
        ("/old/agents", {}, 200),
        ("/old/agents", {"if-none-match": tag}, 304),
        ("/old/agents/none", {}, 404),
    ):
        answer = await old.get(path, headers=head)
        assert answer.status_code == status
        assert answer.headers["deprecation"] == f"@{int(SINCE.timestamp())}"
        assert answer.headers["sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"
        assert parsedate_to_datetime(answer.headers["sunset"]) == SUNSET
        links = answer.headers["link"].split(", ")
        assert links == ['</docs>; rel="deprecation"; type="text/html"', '</v2/agents>; rel="successor-version"']


async def test_what_stays_says_nothing(old: httpx2.AsyncClient) -> None:
    answer = await old.get("/v1/agents")
    assert {"deprecation", "sunset", "link"}.isdisjoint(answer.headers)


async def test_the_document_and_the_page_tell_it(old: httpx2.AsyncClient) -> None:
    made = (await old.get("/openapi.json")).json()
    OpenAPIV31SpecValidator(made).validate()
    going = made["paths"]["/old/agents"]["get"]
    assert going["deprecated"] is True
    assert going["x-lumos-sunset"] == SUNSET.isoformat()
    assert "since 2026-11-23" in going["description"]
    assert "`/v2/agents`" in going["description"]
    assert {"Deprecation", "Sunset"} <= set(going["responses"]["200"]["headers"])
    assert "deprecated" not in made["paths"]["/v1/agents"]["get"]
    assert (await old.get("/docs")).text.count("It will go.") == len(Old.OPERATIONS)


def test_it_needs_neither_an_end_nor_a_successor() -> None:
    headers = dict(Deprecation(SINCE).headers)
    assert headers == {
        b"deprecation": b"@%d" % SINCE.timestamp(),
        b"link": b'</docs>; rel="deprecation"; type="text/html"',
    }


@pytest.mark.parametrize(
    ("since", "sunset"),
    [(SINCE.replace(tzinfo=None), None), (SINCE, SINCE.replace(tzinfo=None)), (SINCE, SINCE - timedelta(days=1))],
)
def test_times_that_mean_nothing_are_refused(since: datetime, sunset: datetime | None) -> None:
    with pytest.raises(ValueError, match="deprecat"):
        Deprecation(since, sunset)
