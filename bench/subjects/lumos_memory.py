"""LumosAI with memory: its threads, `remember.working`, two processors; runs and memories in its store in memory."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.protocol import INSTRUCTIONS, PROMPT, TOOL_DESCRIPTION, TOOL_NAME
from bench.subjects._measure import Job, Run, main
from bench.subjects.lumos import CALLED, SAID
from bench.subjects.remembering import SHEET, Conversations
from lumosai import Agent, Host
from lumosai.config.load import build
from lumosai_sdk import RunInfo, ToolContext, processor, tool
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.models import ModelRequest, ModelResponse


class Instant(ScriptedModel):
    """Answers at once, if it is shown what it should be."""

    def __init__(self, conversations: Conversations) -> None:
        super().__init__()
        self._conversations = conversations

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Return the tool call first when there is a tool, then the text."""
        messages = request.messages
        questions = sum(m.role == "user" for m in messages)
        self._conversations.check(questions, sheet=any(SHEET in m.text for m in messages if m.role == "system"))
        offered = any(t.name == TOOL_NAME for t in request.tools)
        return CALLED if offered and messages[-1].role != "tool" else SAID


def processors(conversations: Conversations) -> dict[str, Any]:
    """Return the two processors."""

    @processor("input")
    async def incoming(value: Any, _: RunInfo) -> Any:
        for message in value:
            conversations.incoming(message.text)
        return value

    @processor("output")
    async def outgoing(value: Any, _: RunInfo) -> Any:
        return conversations.outgoing(value)

    return {"bench.incoming": incoming, "bench.outgoing": outgoing}


@asynccontextmanager
async def opened(job: Job) -> AsyncIterator[Run]:
    """Open the host; yield what makes one run."""
    conversations = Conversations()

    @tool(id=TOOL_NAME, description=TOOL_DESCRIPTION)
    async def weather(city: str) -> str:
        return job.probe.weather(city)

    asked = processors(conversations)
    agent = Agent(
        "bench",
        model="scripted/instant",
        instructions=INSTRUCTIONS,
        tools=[weather] if job.cell.tool else [],
        memory=["remember.working"],
        processors=list(asked),
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = {"host": {"data_dir": str(Path(folder))}, "storage": {"use": "memory"}}
        async with Host(build(settings), agents=[agent]) as host:
            entry = host.registry.get("provider", "scripted")
            entry.generation.put(entry.data["target"], Instant(conversations))
            for name, each in asked.items():
                contribute(host, "processor", name, each, phases=sorted(each.phases))
            update = host.registry.get("tool", "remember.update_working")
            await update.obj.call({"text": SHEET}, ToolContext())

            async def run() -> str:
                result = await host.run("bench", PROMPT, thread=conversations.begin())
                conversations.settle()
                return result.text

            yield run


if __name__ == "__main__":
    main("lumos", ("lumosai",), opened)
