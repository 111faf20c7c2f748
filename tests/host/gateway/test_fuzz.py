"""Requests made of the document by the hundred, right and wrong ones: none is answered otherwise than it says.

``make fuzz`` gives it two minutes; ``LUMOS_FUZZ_SECONDS`` says how long otherwise.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.host.gateway.conftest import listening

from lumosai import Agent
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.types.auth import AuthRequest, Principal
from lumosai_sdk.types.models import EmbeddingRequest, EmbeddingResponse, ModelInfo, Usage

SECONDS = int(os.environ.get("LUMOS_FUZZ_SECONDS", "30"))
TOKEN = "a-token-that-is-known"
HOOKS = """
import os
import schemathesis

@schemathesis.hook
def before_call(ctx, case, kwargs):
    # The model of the example is loaded from files that are not there.
    if isinstance(case.body, dict) and case.body.get("model") == "local/minilm":
        case.body["model"] = "vectors/tiny"
    # A thread that is told of again for its key, and was deleted meanwhile, is not one that was just created.
    if os.environ["LUMOS_FUZZ_PHASES"] == "stateful" and case.headers:
        case.headers.pop("Idempotency-Key", None)

@schemathesis.check
def the_service_holds(ctx, response, case):
    # A plugin that a request switched off, and a model that does not keep to a schema, are no failures of ours.
    if response.status_code >= 500:
        told = response.json()
        code = told.get("error", told)["code"]
        assert code in ("plugin_unavailable", "output_invalid"), f"{response.status_code} {code}"
"""
# What was asked for may be refused for more than its form; only positive_data_acceptance knows no such reasons.
SETTINGS = """
[checks.missing_required_header]
expected-statuses = [400, 401, 403, 406, 415, 422, 428]
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429, 431]
"""
UNCHECKED = "not_a_server_error,positive_data_acceptance"
ALL_AT_ONCE = {"rate": 1e6, "burst": 1_000_000, "concurrency": 1_000_000}


class Vectors:
    """A provider of tiny embeddings."""

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo("tiny", ("embedding",))]

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        return EmbeddingResponse([[0.5] * (request.dimensions or 3)] * len(request.inputs), Usage(1))


class Tokens:
    """An authenticator that knows one token."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        known = request.headers.get("authorization") == f"Bearer {TOKEN}"
        return Principal("boss", "acme", frozenset({"*"})) if known else None


@pytest.mark.slow
@pytest.mark.timeout(60 + 4 * SECONDS)
@pytest.mark.parametrize("auth", [False, True], ids=["open", "guarded"])
async def test_every_answer_is_one_that_the_document_tells_of(
    lumos_host: OpenHost, tmp_path: Path, *, auth: bool
) -> None:
    agent = Agent("assistant", model="scripted/tool", tools=["calculator.*", "time.*"])
    config: dict[str, Any] = {
        "models": {"default": "scripted/echo", "aliases": {"short": "scripted/echo"}},
        "limits": {"retries": 0},
        "server": {
            "port": 0,
            "auth": ["tokens"] if auth else [],
            "limits": {"caller": ALL_AT_ONCE, "address": ALL_AT_ONCE},
        },
    }
    tmp_path.joinpath("hooks.py").write_text(HOOKS, encoding="utf-8")
    tmp_path.joinpath("schemathesis.toml").write_text(SETTINGS, encoding="utf-8")
    more = [f"--header=Authorization: Bearer {TOKEN}"] if auth else []
    async with lumos_host(agents=[agent], **config) as host:
        contribute(host, "provider", "vectors", Vectors())
        contribute(host, "auth", "tokens", Tokens())
        async with listening(host) as url:
            await _session(url, tmp_path, "examples,coverage,fuzzing", SECONDS * 3 // 4, more)
            await _session(url, tmp_path, "stateful", SECONDS // 4, [*more, "--max-examples=1000"])
            async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
                assert (await client.get("/healthz")).json()["status"] == "ok"


async def _session(url: str, folder: Path, phases: str, seconds: int, more: Sequence[str]) -> None:
    """Send requests for so long. Fails with what the tool found."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{url}/openapi.json",
        "--checks=all",
        f"--exclude-checks={UNCHECKED}",
        f"--phases={phases}",
        f"--max-time={max(1, seconds)}",
        "--seed=1",
        "--suppress-health-check=all",
        "--continue-on-failure",
        "--no-color",
        *more,
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "LUMOS_FUZZ_PHASES": phases},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    told = out.decode(errors="replace")
    sys.stdout.write(told)
    assert process.returncode == 0, told[-8000:]
