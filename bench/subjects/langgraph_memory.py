"""langgraph with memory: threads in its checkpointer, the sheet in its store, middleware around the model call.

Everything is as kind as it can be: the checkpoint is written when the run ends, both are in memory, and the processors
are wrapped around the model call, which adds no node to the graph.
"""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201 - the framework's own types are long, and made for each version
# The peers live in bench/.venv-peers, where the project's type checker does not look.

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.messages import AIMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from bench.protocol import ANSWER, CITY, INSTRUCTIONS, PROMPT, TOOL_DESCRIPTION, TOOL_NAME
from bench.subjects._measure import main
from bench.subjects.langgraph import USAGE, Instant
from bench.subjects.remembering import PERSON, SHEET, UPDATE_DESCRIPTION, UPDATE_NAME, Conversations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from langchain_core.messages import BaseMessage

    from bench.subjects._measure import Job, Run


class Checking(Instant):
    """Answers at once, if it is shown what it should be."""

    conversations: object = None

    def _generate(self, messages: list[BaseMessage], *_: object, **kwargs: object) -> ChatResult:
        questions = sum(m.type == "human" for m in messages)
        self.conversations.check(questions, sheet=any(SHEET in m.text for m in messages if m.type == "system"))
        if TOOL_NAME in kwargs.get("tools", ()) and messages[-1].type != "tool":
            call = {"name": TOOL_NAME, "args": {"city": CITY}, "id": "call_1", "type": "tool_call"}
            message = AIMessage(content="", tool_calls=[call], usage_metadata=USAGE)
        else:
            message = AIMessage(content=ANSWER, usage_metadata=USAGE)
        return ChatResult(generations=[ChatGeneration(message=message)])


class Sheet(AgentMiddleware):
    """Shows the sheet."""

    async def awrap_model_call(self, request, handler):
        """Read the sheet and put it into the system prompt."""
        item = await request.runtime.store.aget(("people",), PERSON)
        system = SystemMessage(content=f"{INSTRUCTIONS}\n{item.value['text']}")
        return await handler(request.override(system_message=system))


class Incoming(AgentMiddleware):
    """The processor of the input."""

    def __init__(self, conversations: Conversations) -> None:
        super().__init__()
        self._conversations = conversations

    async def awrap_model_call(self, request, handler):
        """See what was said last."""
        self._conversations.incoming(request.messages[-1].text)
        return await handler(request)


class Outgoing(AgentMiddleware):
    """The processor of the answer."""

    def __init__(self, conversations: Conversations) -> None:
        super().__init__()
        self._conversations = conversations

    async def awrap_model_call(self, request, handler):
        """See the answer."""
        response = await handler(request)
        self._conversations.outgoing(response.result[-1].text)
        return response


@asynccontextmanager
async def opened(job: Job) -> AsyncIterator[Run]:
    """Open the agent; yield what makes one run."""
    os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"
    conversations, store = Conversations(), InMemoryStore()
    await store.aput(("people",), PERSON, {"text": SHEET})

    @tool(UPDATE_NAME, description=UPDATE_DESCRIPTION)
    async def update(text: str) -> str:
        await store.aput(("people",), PERSON, {"text": text})
        return "kept"

    tools = [update]
    if job.cell.tool:

        @tool(TOOL_NAME, description=TOOL_DESCRIPTION)
        async def weather(city: str) -> str:
            return job.probe.weather(city)

        tools.append(weather)
    agent = create_agent(
        Checking(conversations=conversations),
        tools,
        middleware=[Sheet(), Incoming(conversations), Outgoing(conversations)],
        checkpointer=InMemorySaver(),
        store=store,
    )

    async def run() -> str:
        config = {"configurable": {"thread_id": conversations.begin()}}
        state = await agent.ainvoke({"messages": [("user", PROMPT)]}, config, durability="exit")
        conversations.settle()
        return state["messages"][-1].content

    yield run


if __name__ == "__main__":
    main("langgraph", ("langgraph", "langchain"), opened)
