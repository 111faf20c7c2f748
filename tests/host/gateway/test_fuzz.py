"""Requests made of the document by the hundred: none of them is answered with a failure of the service."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lumosai import Agent

Open = Callable[..., Any]
SECONDS = 25
# A plugin that an earlier request switched off, and a model that does not keep to a schema, are no failures of ours.
CHECK = """
import schemathesis

@schemathesis.check
def the_service_holds(ctx, response, case):
    if response.status_code >= 500:
        told = response.json()
        code = told.get("error", told)["code"]
        assert code in ("plugin_unavailable", "output_invalid"), f"{response.status_code} {code}"
"""
CHECKS = "the_service_holds,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_no_request_breaks_the_service(served: Open, tmp_path: Path) -> None:
    agent = Agent("assistant", model="scripted/tool", tools=["calculator.*", "time.*"])
    config = {"models": {"default": "scripted/echo", "aliases": {"short": "scripted/echo"}}, "limits": {"retries": 0}}
    tmp_path.joinpath("hooks.py").write_text(CHECK, encoding="utf-8")
    async with served(agent, **config) as s:
        process = await asyncio.create_subprocess_exec(
            *_command(s.url),
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        assert process.returncode == 0, out.decode(errors="replace")[-6000:]
        assert (await s.client.get("/healthz")).json()["status"] == "ok"


def _command(url: str) -> list[str]:
    return [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{url}/openapi.json",
        f"--checks={CHECKS}",
        "--phases=examples,coverage,fuzzing",
        "--max-examples=25",
        f"--max-time={SECONDS}",
        "--seed=1",
        "--suppress-health-check=all",
        "--exclude-operation-id=createEmbeddings",  # the model of its example is loaded from files that are not there
    ]
