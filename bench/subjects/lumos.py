"""LumosAI: a host with events on and its runs recorded in memory; its own scripted model, or its `openai` provider."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.protocol import (
    ANSWER,
    ARGUMENTS,
    COMPLETION_TOKENS,
    INSTRUCTIONS,
    MODEL_NAME,
    PROMPT,
    PROMPT_TOKENS,
    TOOL_DESCRIPTION,
    TOOL_NAME,
)
from bench.subjects._measure import Job, Run, main
from lumosai import Agent, Host
from lumosai.config.load import build
from lumosai_sdk import ToolCall, tool
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import ModelRequest, ModelResponse, Usage

USAGE = Usage(PROMPT_TOKENS, COMPLETION_TOKENS)
SAID = ModelResponse(Message.assistant(ANSWER), "stop", USAGE)
CALLED = ModelResponse(Message.assistant("", (ToolCall("call_1", TOOL_NAME, ARGUMENTS),)), "tool_calls", USAGE)


def reply(request: ModelRequest) -> ModelResponse:
    """Answer at once: the tool call first when there is a tool, then the text."""
    return CALLED if request.tools and request.messages[-1].role != "tool" else SAID


class Instant(ScriptedModel):
    """The SDK's scripted model, without keeping every request it saw: a bench makes millions."""

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Return the next answer."""
        return reply(request)


def settings(job: Job, folder: Path) -> dict[str, Any]:
    """Return the configuration: everything as shipped but the storage, which the peers do not have at all."""
    config: dict[str, Any] = {"host": {"data_dir": str(folder)}, "storage": {"use": "memory"}}
    if job.cell.http:
        config["plugins"] = {"openai": {"settings": {"endpoints": {"stub": {"base_url": job.base_url}}}}}
    return config


@asynccontextmanager
async def opened(job: Job) -> AsyncIterator[Run]:
    """Open the host; yield what makes one run."""

    @tool(id=TOOL_NAME, description=TOOL_DESCRIPTION)
    async def weather(city: str) -> str:
        return job.probe.weather(city)

    model = f"openai/stub/{MODEL_NAME}" if job.cell.http else "scripted/instant"
    agent = Agent("bench", model=model, instructions=INSTRUCTIONS, tools=[weather] if job.cell.tool else [])
    with tempfile.TemporaryDirectory() as folder:
        async with Host(build(settings(job, Path(folder))), agents=[agent]) as host:
            if not job.cell.http:
                entry = host.registry.get("provider", "scripted")
                entry.generation.put(entry.data["target"], Instant())

            async def run() -> str:
                return (await host.run("bench", PROMPT)).text

            yield run


if __name__ == "__main__":
    main("lumos", ("lumosai",), opened)
