"""langgraph: the compiled graph of langchain's `create_agent`, reused; a chat model of its own, or `ChatOpenAI`."""
# mypy: ignore-errors
# The peers live in bench/.venv-peers, where the project's type checker does not look.

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from langchain.agents import create_agent
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool

from bench.protocol import (
    ANSWER,
    CITY,
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
    from collections.abc import AsyncIterator, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable
    from langchain_core.tools import BaseTool

    from bench.subjects._measure import Job, Run

USAGE = {
    "input_tokens": PROMPT_TOKENS,
    "output_tokens": COMPLETION_TOKENS,
    "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
}


class Instant(BaseChatModel):
    """A chat model that answers at once: the tool call first when tools are bound, then the text."""

    @property
    def _llm_type(self) -> str:
        return "instant"

    def bind_tools(self, tools: Sequence[BaseTool], **_: object) -> Runnable:
        """Remember that there are tools."""
        return self.bind(tools=[each.name for each in tools])

    def _generate(self, messages: list[BaseMessage], *_: object, **kwargs: object) -> ChatResult:
        if kwargs.get("tools") and messages[-1].type != "tool":
            call = {"name": TOOL_NAME, "args": {"city": CITY}, "id": "call_1", "type": "tool_call"}
            message = AIMessage(content="", tool_calls=[call], usage_metadata=USAGE)
        else:
            message = AIMessage(content=ANSWER, usage_metadata=USAGE)
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(self, messages: list[BaseMessage], *_: object, **kwargs: object) -> ChatResult:
        return self._generate(messages, **kwargs)


def model_for(job: Job) -> BaseChatModel:
    """Return a model of the framework's own kind, or its OpenAI one pointed at the stub."""
    if not job.cell.http:
        return Instant()
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model=MODEL_NAME, base_url=job.base_url, api_key="stub")


@asynccontextmanager
async def opened(job: Job) -> AsyncIterator[Run]:
    """Open the agent; yield what makes one run."""
    os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"
    tools = []
    if job.cell.tool:

        @tool(TOOL_NAME, description=TOOL_DESCRIPTION)
        async def weather(city: str) -> str:
            return job.probe.weather(city)

        tools.append(weather)
    agent = create_agent(model_for(job), tools, system_prompt=INSTRUCTIONS)

    async def run() -> str:
        state = await agent.ainvoke({"messages": [("user", PROMPT)]})
        return state["messages"][-1].content

    yield run


if __name__ == "__main__":
    main("langgraph", ("langgraph", "langchain", "langchain-openai", "openai", "httpx2"), opened)
