"""The loop: model, tool calls, model, …, until the model answers, a person is needed, or a limit is reached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from lumosai.config.model import LimitsConfig
from lumosai.runs import output
from lumosai.runs.limits import check_before_step
from lumosai.runs.model_call import check_given_up
from lumosai.runs.models import ModelCaller
from lumosai.runs.processors import process
from lumosai.runs.state import RunState
from lumosai.runs.tools import ToolCaller
from lumosai_sdk.errors import AnswerRefusedError, OutputInvalidError
from lumosai_sdk.types.events import ModelDelta
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import ModelResponse
from lumosai_sdk.types.runs import RunResult

Save = Callable[[RunState], Awaitable[None]]
HandOver = Callable[[RunState], Awaitable[None]]


class Loop:
    """Runs an agent from its messages to its result."""

    def __init__(self, models: ModelCaller, tools: ToolCaller, limits: LimitsConfig, save: Save) -> None:
        self._models = models
        self._tools = tools
        self._limits = limits
        self._save = save

    async def run(self, state: RunState, hand_over: HandOver) -> RunResult:
        """Return the result, completed or suspended. Raises LumosError.

        *hand_over* is called between steps, and may make it another agent's run.
        """
        repairs = 0
        unanswered = unanswered_calls(state.messages)
        while True:
            if unanswered:
                pending = await self._tools.call_all(state, unanswered)
                if pending:
                    return state.result("suspended", pending=pending)
                # A decision holds for the call it was made about, not for a later one that a model gives the same id.
                state.said, state.unsure = {}, frozenset()
                await self._save(state)
            if state.handover is not None:
                await hand_over(state)
            check_before_step(state)
            response = await self._models.call(state)
            message = response.message
            unanswered = message.tool_calls
            if unanswered:
                state.messages.append(message)
                continue
            result, errors = await self._finish(state, response)
            if result is not None:
                return result
            repairs += 1
            if repairs > self._limits.repairs:
                what = "is refused" if state.output is None else "does not satisfy its schema"
                raise OutputInvalidError(f"the answer {what} after {self._limits.repairs} repairs: {'; '.join(errors)}")
            state.messages += (message, Message.user(output.complaint(errors, state.output)))

    async def _finish(self, state: RunState, response: ModelResponse) -> tuple[RunResult | None, list[str]]:
        message = response.message
        text = message.text
        check_given_up(response)
        try:
            return await self._accepted(state, message, text)
        except AnswerRefusedError as e:
            return None, [e.message]

    async def _accepted(self, state: RunState, message: Message, text: str) -> tuple[RunResult | None, list[str]]:
        if state.output is None:
            changed = await _shown(state, text)
            state.messages.append(message if changed is text else Message.assistant(changed))
            return state.result("completed", changed), []
        value, errors = output.read(text, state.output)
        if errors:
            return None, errors
        changed = await _shown(state, text)
        if changed is not text:
            value, errors = output.read(changed, state.output)
            if errors:
                raise OutputInvalidError(f"a processor broke the answer: {'; '.join(errors)}")
        state.messages.append(message if changed is text else Message.assistant(changed))
        return state.result("completed", changed, value), []


async def _shown(state: RunState, text: str) -> str:
    """Return the answer as the output processors leave it; followers, who were shown no pieces of it, see it now."""
    changed = await process(state, "output", text)
    if state.streaming and "output" in state.plan.processors:
        state.emit(ModelDelta, changed)
    return changed


def unanswered_calls(messages: list[Message]) -> tuple[ToolCall, ...]:
    """Return the tool calls of the last assistant message that have no result yet (those a suspended run waits for)."""
    answered: set[str | None] = set()
    for message in reversed(messages):
        if message.role == "tool":
            answered.add(message.tool_call_id)
        else:
            return tuple(c for c in message.tool_calls if c.id not in answered)
    return ()
