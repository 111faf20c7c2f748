"""openai-agents: one `Agent`, reused; a `Model` of its own for the instant cells, its chat model over HTTP."""
# mypy: ignore-errors
# The peers live in bench/.venv-peers, where the project's type checker does not look.

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from agents import (
    Agent,
    Model,
    ModelResponse,
    OpenAIChatCompletionsModel,
    RunConfig,
    Runner,
    Usage,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

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

    from agents import ModelSettings, Tool

    from bench.subjects._measure import Job, Run


def called() -> ResponseFunctionToolCall:
    """Return the one tool call, as the model would give it."""
    return ResponseFunctionToolCall(
        id="fc_1", call_id="call_1", name=TOOL_NAME, arguments=ARGUMENTS, type="function_call", status="completed"
    )


def said() -> ResponseOutputMessage:
    """Return the final message, as the model would give it."""
    text = ResponseOutputText(text=ANSWER, type="output_text", annotations=[])
    return ResponseOutputMessage(id="msg_1", type="message", role="assistant", status="completed", content=[text])


class Instant(Model):
    """A model that answers at once: the tool call first when there is a tool, then the text."""

    async def get_response(
        self,
        system_instructions: str | None,  # noqa: ARG002 # the interface
        input: str | list[dict[str, Any]],  # noqa: A002 # the interface
        model_settings: ModelSettings,  # noqa: ARG002 # the interface
        tools: list[Tool],
        *_: object,
        **__: object,
    ) -> ModelResponse:
        """Return one response, without looking further than the last item."""
        answered = not isinstance(input, str) and input[-1].get("type") == "function_call_output"
        usage = Usage(
            requests=1,
            input_tokens=PROMPT_TOKENS,
            output_tokens=COMPLETION_TOKENS,
            total_tokens=PROMPT_TOKENS + COMPLETION_TOKENS,
        )
        return ModelResponse(output=[called() if tools and not answered else said()], usage=usage, response_id=None)

    def stream_response(self, *_: object, **__: object) -> NoReturn:
        """Refuse: this bench does not stream.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("the bench runs without streaming")


def model_for(job: Job) -> Model:
    """Return a model of the framework's own kind, or its chat completions one pointed at the stub."""
    if not job.cell.http:
        return Instant()
    return OpenAIChatCompletionsModel(MODEL_NAME, openai_client=AsyncOpenAI(base_url=job.base_url, api_key="stub"))


@asynccontextmanager
async def opened(job: Job) -> AsyncIterator[Run]:
    """Open the agent; yield what makes one run."""
    set_tracing_disabled(True)
    tools = []
    if job.cell.tool:

        @function_tool(name_override=TOOL_NAME, description_override=TOOL_DESCRIPTION)
        async def weather(city: str) -> str:
            return job.probe.weather(city)

        tools.append(weather)
    agent = Agent(name="bench", instructions=INSTRUCTIONS, model=model_for(job), tools=tools)
    config = RunConfig(tracing_disabled=True)

    async def run() -> str:
        return (await Runner.run(agent, PROMPT, run_config=config)).final_output

    yield run


if __name__ == "__main__":
    main("openai-agents", ("openai-agents", "openai", "httpx2"), opened)
