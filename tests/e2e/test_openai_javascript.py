"""The official OpenAI client for JavaScript, as it is, talks to agents and models of a running host."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lumosai import Agent
from lumosai.gateway.serve import serve
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.models import EmbeddingRequest, EmbeddingResponse, ModelInfo, Usage

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost
    from lumosai_sdk.testing.scripted import ScriptedModel

HERE = Path(__file__).parent / "javascript"
FILES = ("package.json", "package-lock.json", ".npmrc", "talk.mjs")
INSTALL_SECONDS = 120
AGENTS = [Agent("echo", model="scripted/echo"), Agent("sum", model="scripted/tool", tools=["calculator.*"])]
CALL = {"name": "weather", "arguments": '{"city":"Oslo"}'}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALL_SECONDS + 60)]


class Vectors:
    """A provider of tiny embeddings."""

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo("tiny", ("embedding",))]

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        return EmbeddingResponse([[float(len(t)), 0.5] for t in request.inputs], Usage(3, 0), request.model)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the client installed, to the byte as its lock says, none of its scripts run."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("the client for JavaScript needs node and npm, and they are not here")
    made = tmp_path_factory.mktemp("javascript")
    for name in FILES:
        shutil.copy(HERE / name, made)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install the client: {done.stderr[-400:]}")
    return made


@pytest.fixture
async def url(lumos_host: OpenHost) -> AsyncIterator[str]:
    async with lumos_host(agents=AGENTS, server={"port": 0}, limits={"retries": 0}) as host:
        contribute(host, "provider", "vectors", Vectors())
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(host, on_ready=ready.set_result))
        yield f"{await ready}/v1"
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def talk(folder: Path, url: str, *acts: tuple[str, ...]) -> list[Any]:
    """Return what each of *acts* found."""
    process = await asyncio.create_subprocess_exec(
        "node", "talk.mjs", url, json.dumps(acts), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode(errors="replace")[-3000:]
    return list(json.loads(out).values())


async def test_chats_responses_and_conversations(folder: Path, url: str) -> None:
    models = ("echo", "scripted/echo")
    acts = [(act, model) for act in ("chat", "response", "conversation") for model in models]
    *found, agent, refused = await talk(folder, url, *acts, ("agent", "sum"), ("refused", "scripted/echo"))
    chat = {"text": "hello there", "pieces": ["hello", " there"], "counted": True}
    said = {"text": "hello there", "kept": "hello there", "streamed": "hello there"}
    response = {**said, "last": "response.completed", "numbered": True}
    conversation = {"roles": ["user", "assistant"], "gone": True}
    assert found == [chat, chat, response, response, conversation, conversation]
    assert agent == {"kinds": ["mcp_call", "message"], "text": "42"}
    assert refused == {"status": 400, "param": "tools.0.type", "own": True}


async def test_functions_schemas_embeddings_and_models(folder: Path, url: str, scripted_model: ScriptedModel) -> None:
    call = ToolCall("c1", CALL["name"], CALL["arguments"])
    scripted_model.script([call, "It rains", call, "It rains", '{"n": 1}'])
    acts: list[tuple[str, ...]] = [(act, "test/any") for act in ("chatTools", "responseTools", "structured")]
    acts += [("embeddings", "vectors/tiny"), ("models",)]
    chat, response, structured, embeddings, models = await talk(folder, url, *acts)
    assert chat == response == {"call": CALL, "text": "It rains"}
    assert structured == {"text": '{"n": 1}'}
    assert embeddings == {"vectors": [[2.0, 0.5], [3.0, 0.5]]}
    assert {"echo", "sum", "scripted/echo", "vectors/tiny"} <= set(models["ids"])
