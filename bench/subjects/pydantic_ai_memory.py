"""pydantic-ai with memory: it keeps no threads, so a dictionary does, as cheap as can be: its own objects, not copied.

The sheet is an instruction read for each run, the processors are one of the history and one of the output.
"""
# mypy: ignore-errors
# The peers live in bench/.venv-peers, where the project's type checker does not look.

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pydantic_ai import Agent
from pydantic_ai.capabilities import ProcessHistory
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.usage import RequestUsage

from bench.protocol import (
    ANSWER,
    ARGUMENTS,
    COMPLETION_TOKENS,
    INSTRUCTIONS,
    PROMPT,
    PROMPT_TOKENS,
    TOOL_DESCRIPTION,
    TOOL_NAME,
)
from bench.subjects._measure import main
from bench.subjects.remembering import PERSON, SHEET, UPDATE_DESCRIPTION, UPDATE_NAME, Conversations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pydantic_ai.models.function import AgentInfo

    from bench.subjects._measure import Job, Run


def model_for(conversations: Conversations) -> FunctionModel:
    """Return a model that answers at once, if it is shown what it should be."""

    async def instant(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        questions = sum(isinstance(p, UserPromptPart) for m in messages for p in m.parts)
        conversations.check(questions, sheet=SHEET.strip() in (info.instructions or ""))
        last = messages[-1]
        answered = isinstance(last, ModelRequest) and any(isinstance(part, ToolReturnPart) for part in last.parts)
        if not answered and any(t.name == TOOL_NAME for t in info.function_tools):
            part = ToolCallPart(tool_name=TOOL_NAME, args=ARGUMENTS, tool_call_id="call_1")
        else:
            part = TextPart(content=ANSWER)
        usage = RequestUsage(input_tokens=PROMPT_TOKENS, output_tokens=COMPLETION_TOKENS)
        return ModelResponse(parts=[part], usage=usage)

    return FunctionModel(instant)


@asynccontextmanager
async def opened(job: Job) -> AsyncIterator[Run]:
    """Open the agent; yield what makes one run."""
    conversations, sheets, threads = Conversations(), {PERSON: SHEET}, {}

    async def incoming(messages: list[ModelMessage]) -> list[ModelMessage]:
        conversations.incoming(str(messages[-1].parts[-1].content))
        return messages

    agent = Agent(
        model_for(conversations),
        instructions=INSTRUCTIONS,
        name="bench",
        capabilities=[ProcessHistory(incoming)],
    )

    @agent.instructions
    async def sheet() -> str:
        return sheets[PERSON]

    @agent.output_validator
    async def outgoing(text: str) -> str:
        return conversations.outgoing(text)

    @agent.tool_plain(name=UPDATE_NAME, description=UPDATE_DESCRIPTION)
    async def update(text: str) -> str:
        sheets[PERSON] = text
        return "kept"

    if job.cell.tool:

        @agent.tool_plain(name=TOOL_NAME, description=TOOL_DESCRIPTION)
        async def weather(city: str) -> str:
            return job.probe.weather(city)

    async def run() -> str:
        thread = conversations.begin()
        result = await agent.run(PROMPT, message_history=threads.get(thread))
        threads.clear()  # one conversation at a time: nothing grows
        threads[thread] = result.all_messages()
        conversations.settle()
        return result.output

    async with agent:
        yield run


if __name__ == "__main__":
    main("pydantic-ai", ("pydantic-ai-slim",), opened)
