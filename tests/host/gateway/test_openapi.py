"""The document is valid, whole, and says what is served; the page for people loads nothing."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter
from openapi_spec_validator import OpenAPIV31SpecValidator

from lumosai.gateway.app import RESOURCES, create_app
from lumosai.gateway.openapi import document
from lumosai.validation import Validator

Open = Callable[..., Any]
OPERATIONS = [o for r in RESOURCES for o in r.OPERATIONS]


async def test_the_document_is_valid_and_tells_all_that_is_served(gateway: Open) -> None:
    async with gateway() as g:
        made = (await g.client.get("/openapi.json")).json()
        assert made["openapi"] == "3.1.0"
        OpenAPIV31SpecValidator(made).validate()
        app = create_app(g.host)
        assert app.openapi() == made
        assert {o.path.replace(":path}", "}") for o in app.documents.operations} == set(made["paths"])


async def test_a_program_s_own_routes_stand_behind_the_same_guards(gateway: Open) -> None:
    async with gateway() as g:
        app = create_app(g.host)
        router = APIRouter()

        @router.get("/mine/{name}")
        async def mine(name: str) -> dict[str, str]:
            return {"name": name}

        app.include_router(router)
        transport = httpx2.ASGITransport(app, client=("127.0.0.1", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert (await client.get("/mine/x")).json() == {"name": "x"}
            assert (await client.get("/mine/x", headers={"host": "elsewhere.example"})).status_code == 403
            missing = await client.get("/yours")
            assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
            assert (await client.get("/v1/agents")).status_code == 200


def test_every_operation_has_a_summary_an_id_and_examples() -> None:
    made = document(OPERATIONS)
    ids = []
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            ids.append(operation["operationId"])
            assert operation["summary"], where
            assert operation["tags"][0] in {t["name"] for t in made["tags"]}, where
            contents = [c for r in operation["responses"].values() for c in r.get("content", {}).values()]
            assert all("example" in c for c in contents), where
            assert len(contents) >= (1 if method == "delete" else 2), where
            if "requestBody" in operation:
                assert "example" in operation["requestBody"]["content"]["application/json"], where
            assert all("example" in p for p in operation.get("parameters", ()) if p["in"] == "path"), where
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.id)
def test_examples_are_what_is_taken_and_answered(operation: Any) -> None:
    if operation.takes is not None:
        operation.takes.model_validate(operation.takes_example)
    if operation.answers is not None:
        schema = operation.answers.model_json_schema(mode="serialization")
        assert Validator(schema).errors(operation.example) == []


READS = [
    ("/v1/agents", "/v1/agents"),
    ("/v1/agents/echo", "/v1/agents/{agent_id}"),
    ("/v1/runs", "/v1/runs"),
    ("/v1/threads", "/v1/threads"),
    ("/v1/tools", "/v1/tools"),
    ("/v1/tools/calculator.evaluate", "/v1/tools/{tool_id}"),
    ("/v1/plugins", "/v1/plugins"),
    ("/v1/plugins/memory", "/v1/plugins/{name}"),
    ("/v1/models", "/v1/models"),
    ("/v1/models/scripted/echo", "/v1/models/{model}"),
    ("/v1/panels", "/v1/panels"),
    ("/healthz", "/healthz"),
    ("/readyz", "/readyz"),
    ("/", "/"),
    ("/v1/agents/none", "/v1/agents/{agent_id}"),
    ("/v1/models/none", "/v1/models/{model}"),
]


async def test_answers_have_the_shapes_the_document_promises(gateway: Open) -> None:
    async with gateway() as g:
        made = (await g.client.get("/openapi.json")).json()
        run = (await g.run(thread_id="t")).json()["run_id"]
        more = [
            (f"/v1/runs/{run}", "/v1/runs/{run_id}"),
            (f"/v1/runs/{run}/events", "/v1/runs/{run_id}/events"),
            ("/v1/threads/t/messages", "/v1/threads/{thread_id}/messages"),
        ]
        for path, template in [*READS, *more]:
            response = await g.client.get(path)
            responses = made["paths"][template]["get"]["responses"]
            described = responses.get(str(response.status_code), responses["default"])
            if "$ref" in described:
                described = made["components"]["responses"][described["$ref"].rpartition("/")[2]]
            media_type = response.headers["content-type"].partition(";")[0]
            schema = described["content"][media_type]["schema"]
            schema = {**schema, "components": made["components"]}
            assert Validator(schema).errors(response.json()) == [], path


async def test_the_page_for_people_loads_and_runs_nothing(gateway: Open) -> None:
    async with gateway() as g:
        page = await g.client.get("/docs")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert not re.search(r"<script|<link|<img|src=|https?://(?!api\.)", page.text.replace("&quot;", '"'))
        for operation in OPERATIONS:
            assert operation.summary in page.text or operation.summary.replace("'", "&#x27;") in page.text
