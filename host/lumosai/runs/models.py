"""Calling models: retries with jitter, fallbacks, streaming."""

from __future__ import annotations

import time
from functools import partial

from lumosai.config.model import Config
from lumosai.plugins.hooks import Hooks
from lumosai.plugins.registry import Entry, Registry
from lumosai.routing.failover import Failover
from lumosai.routing.route import Target
from lumosai.runs.filtering import Filtered
from lumosai.runs.model_call import ModelCall, answered, collected, complete, found, in_pieces
from lumosai.runs.processors import process
from lumosai.runs.state import RunState
from lumosai.spending.metered import metered
from lumosai.spending.spending import Spending
from lumosai_sdk.errors import LumosError, ModelError
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import ModelChunk, ModelRequest, ModelResponse


class ModelCaller:
    """Gets an answer from the first of an agent's models that gives one."""

    def __init__(
        self, registry: Registry, hooks: Hooks, config: Config, failover: Failover, spending: Spending
    ) -> None:
        self._registry = registry
        self._hooks = hooks
        self._config = config
        self._failover = failover
        self._spending = spending

    async def call(self, state: RunState) -> ModelResponse:
        """Return the next answer of the run's model, the run's usage brought up to date.

        Raises ModelError or PluginError when every model of the agent failed.
        """
        return await self._failover.ask(state.plan.route, partial(self._attempt, state), _Witness(state))

    async def _attempt(self, state: RunState, target: Target) -> ModelResponse:
        ref = target.ref
        entry, model = found(self._registry, ref)
        messages = tuple(state.messages)
        if "model_request" in state.plan.processors:
            messages = await process(state, "model_request", messages)
        request = self._request(state, messages, model, target.timeout or self._config.limits.model_timeout)
        state.emit(ev.ModelStarted, ref, state.steps + 1)
        started = time.perf_counter()
        filtered = Filtered(state) if "stream" in state.plan.processors else None
        inner: ModelCall = self._caller(state, entry, filtered)
        if self._hooks.implementations("lumos_around_model_call"):
            inner = self._hooks.around("lumos_around_model_call", inner, run=state.info, model=ref)
        response = answered(
            await metered(
                self._spending, state.info.principal, ref, request, inner, required=state.limits.cost is not None
            )
        )
        if filtered is not None:
            response = filtered.whole(response)
        elif response.cached and state.streaming and "output" not in state.plan.processors:
            for chunk in in_pieces(response):
                await _show(state, chunk)
        usage = response.usage
        state.spend(usage)
        state.steps += 1
        message = response.message
        state.emit(
            ev.ModelCompleted,
            ref,
            state.steps,
            "" if "output" in state.plan.processors else message.text,
            len(message.tool_calls),
            response.finish_reason,
            usage,
            time.perf_counter() - started,
        )
        return response

    def _request(self, state: RunState, messages: tuple[Message, ...], model: str, timeout: float) -> ModelRequest:
        agent = state.plan.agent
        return ModelRequest(
            model=model,
            messages=messages,
            tools=state.plan.specs,
            output=state.output,
            temperature=agent.temperature,
            max_tokens=agent.max_tokens,
            timeout=timeout,
        )

    def _caller(self, state: RunState, entry: Entry, filtered: Filtered | None) -> ModelCall:
        timeout = self._config.limits.model_timeout
        # What an output processor has not seen is shown to nobody.
        if state.streaming and "output" not in state.plan.processors:
            show = partial(_show, state) if filtered is None else filtered.show
            return lambda request: collected(entry, request, timeout, show)
        return lambda request: complete(entry, request, timeout)


async def _show(state: RunState, chunk: ModelChunk) -> None:
    if chunk.text:
        state.emit(ev.ModelDelta, chunk.text)


class _Witness:
    """Tells those who follow a run how it goes with its models."""

    __slots__ = ("_state",)

    def __init__(self, state: RunState) -> None:
        self._state = state

    def retried(self, ref: str, attempt: int, delay: float, error: ModelError) -> None:
        self._state.emit(ev.ModelRetried, ref, attempt, delay, error.to_json())

    def fell_back(self, ref: str, to: str, error: LumosError) -> None:
        self._state.emit(ev.ModelFellBack, ref, to, error.to_json())

    def spoke(self) -> bool:
        """Tell whether followers have already been shown a piece of the answer that failed: it cannot be unsaid."""
        state = self._state
        return state.streaming and bool(state.unsaved) and state.seq > state.unsaved[-1].seq
