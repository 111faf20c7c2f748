"""pydantic-ai: one `Agent`, reused; a `Model` of its own for the instant cells, its OpenAI chat model over HTTP."""
# mypy: ignore-errors
# The peers live in bench/.venv-peers, where the project's type checker does not look.

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pydantic_ai import Agent
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.usage import RequestUsage

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
from bench.subjects._measure import main

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pydantic_ai.messages import ModelMessage
    from pydantic_ai.models import Model
    from pydantic_ai.models.function import AgentInfo

    from bench.subjects._measure import Job, Run


async def instant(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Answer at once: the tool call first when there is a tool, then the text."""
    last = messages[-1]
    answered = isinstance(last, ModelRequest) and any(isinstance(part, ToolReturnPart) for part in last.parts)
    if info.function_tools and not answered:
        part = ToolCallPart(tool_name=TOOL_NAME, args=ARGUMENTS, tool_call_id="call_1")
    else:
        part = TextPart(content=ANSWER)
    return ModelResponse(parts=[part], usage=RequestUsage(input_tokens=PROMPT_TOKENS, output_tokens=COMPLETION_TOKENS))


def model_for(job: Job) -> Model:
    """Return the framework's own fake model, or its OpenAI one pointed at the stub."""
    if not job.cell.http:
        return FunctionModel(instant)
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIChatModel(MODEL_NAME, provider=OpenAIProvider(base_url=job.base_url, api_key="stub"))


@asynccontextmanager
async def opened(job: Job) -> AsyncIterator[Run]:
    """Open the agent; yield what makes one run."""
    agent = Agent(model_for(job), instructions=INSTRUCTIONS, name="bench")
    if job.cell.tool:

        @agent.tool_plain(name=TOOL_NAME, description=TOOL_DESCRIPTION)
        async def weather(city: str) -> str:
            return job.probe.weather(city)

    async def run() -> str:
        return (await agent.run(PROMPT)).output

    async with agent:
        yield run


if __name__ == "__main__":
    main("pydantic-ai", ("pydantic-ai-slim", "openai", "httpx2"), opened)
