"""Calling models: retries with jitter, fallbacks, streaming."""

from __future__ import annotations

import time
from functools import partial

from lumosai.config.model import Config
from lumosai.plugins.hooks import Hooks
from lumosai.plugins.registry import Entry, Registry
from lumosai.runs.limits import priced
from lumosai.runs.model_call import ModelCall, answered, collected, complete, found, with_retries
from lumosai.runs.state import RunState
from lumosai_sdk.errors import ConfigError, ModelError, NotFoundError, PluginError
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.models import NO_USAGE, ModelChunk, ModelRequest, ModelResponse


class ModelCaller:
    """Gets an answer from the first of an agent's models that gives one."""

    def __init__(self, registry: Registry, hooks: Hooks, config: Config) -> None:
        self._registry = registry
        self._hooks = hooks
        self._config = config

    async def call(self, state: RunState) -> ModelResponse:
        """Return the next answer of the run's model, the run's usage brought up to date.

        Raises ModelError or PluginError when every model of the agent failed.
        """
        models = state.plan.models
        for position, ref in enumerate(models):
            try:
                attempt = partial(self._attempt, state, ref)
                return await with_retries(attempt, self._config.limits.retries, partial(self._again, state, ref))
            except (ModelError, PluginError, NotFoundError) as e:
                if position + 1 == len(models) or _spoke(state):
                    raise
                state.emit(ev.ModelFellBack, ref, models[position + 1], e.to_json())
        raise ConfigError(f"agent {state.plan.agent.id!r} has no model")

    def _again(self, state: RunState, ref: str, error: ModelError, attempt: int, wait: float) -> None:
        if _spoke(state):
            raise error
        state.emit(ev.ModelRetried, ref, attempt, wait, error.to_json())

    async def _attempt(self, state: RunState, ref: str) -> ModelResponse:
        entry, model = found(self._registry, ref)
        request = self._request(state, model)
        state.emit(ev.ModelStarted, ref, state.steps + 1)
        started = time.perf_counter()
        inner: ModelCall = self._caller(state, entry)
        if self._hooks.implementations("lumos_around_model_call"):
            inner = self._hooks.around("lumos_around_model_call", inner, run=state.info, model=ref)
        response = answered(await inner(request))
        usage = priced(response.usage, ref, self._config.models.prices, required=state.limits.cost is not None)
        state.usage = state.usage + usage if state.usage is not NO_USAGE else usage
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

    def _request(self, state: RunState, model: str) -> ModelRequest:
        agent = state.plan.agent
        return ModelRequest(
            model=model,
            messages=tuple(state.messages),
            tools=state.plan.specs,
            output=state.output,
            temperature=agent.temperature,
            max_tokens=agent.max_tokens,
            timeout=self._config.limits.model_timeout,
        )

    def _caller(self, state: RunState, entry: Entry) -> ModelCall:
        timeout = self._config.limits.model_timeout
        # What an output processor has not seen is shown to nobody.
        if state.streaming and "output" not in state.plan.processors:
            return lambda request: collected(entry, request, timeout, partial(_show, state))
        return lambda request: complete(entry, request, timeout)


async def _show(state: RunState, chunk: ModelChunk) -> None:
    if chunk.text:
        state.emit(ev.ModelDelta, chunk.text)


def _spoke(state: RunState) -> bool:
    """Tell whether followers have already been shown a piece of the answer that failed: it cannot be unsaid."""
    return state.streaming and bool(state.unsaved) and state.seq > state.unsaved[-1].seq
