"""Calling models: retries with jitter, fallbacks, streaming."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import replace
from typing import Any

from lumosai.config.model import Config
from lumosai.ids import new_id
from lumosai.plugins.hooks import Hooks
from lumosai.plugins.registry import Entry, Registry
from lumosai.runs.backoff import delay
from lumosai.runs.limits import priced
from lumosai.runs.processors import ONLY_TOOLS_ASK
from lumosai.runs.state import RunState
from lumosai_sdk.errors import ConfigError, ModelError, ModelResponseError, NotFoundError, PluginError, Suspend
from lumosai_sdk.kinds.provider import ChatProvider
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import NO_USAGE, FinishReason, ModelChunk, ModelRequest, ModelResponse, Usage

GRACE = 5.0
MAX_CALLS = 128
"""Tool calls in one answer. OpenAI's own limit on tools is the same number; a model that is over it has gone mad."""
ModelCall = Callable[[ModelRequest], Awaitable[ModelResponse]]


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
                return await self._with_retries(state, ref)
            except (ModelError, PluginError, NotFoundError) as e:
                if position + 1 == len(models) or _spoke(state):
                    raise
                state.emit(ev.ModelFellBack, ref, models[position + 1], e.message)
        raise ConfigError(f"agent {state.plan.agent.id!r} has no model")

    async def _with_retries(self, state: RunState, ref: str) -> ModelResponse:
        retries = self._config.limits.retries
        for attempt in range(1, retries + 2):
            try:
                return await self._attempt(state, ref)
            except ModelError as e:
                wait = delay(attempt, e.retry_after) if e.retryable and attempt <= retries else None
                if wait is None or _spoke(state):
                    raise
                state.emit(ev.ModelRetried, ref, attempt, wait, e.message)
                await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _attempt(self, state: RunState, ref: str) -> ModelResponse:
        provider_id, _, model = ref.partition("/")
        entry = self._registry.get("provider", provider_id)
        request = self._request(state, model)
        state.emit(ev.ModelStarted, ref, state.steps + 1)
        started = time.perf_counter()
        inner: ModelCall = self._caller(state, entry)
        if self._hooks.implementations("lumos_around_model_call"):
            inner = self._hooks.around("lumos_around_model_call", inner, run=state.info, model=ref)
        response = with_unique_call_ids(_bounded(await inner(request)))
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
        generation = entry.generation

        async def call(request: ModelRequest) -> ModelResponse:
            provider = chat_provider(entry)
            limit = (request.timeout or self._config.limits.model_timeout) + GRACE
            what = f"model {request.model!r}"
            try:
                # What an output processor has not seen is shown to nobody.
                if state.streaming and "output" not in state.plan.processors:
                    return await generation.guard(what, lambda: _stream(state, provider.stream(request)), limit)
                return await generation.guard(what, lambda: _complete(provider, request), limit)
            except Suspend as e:
                raise PluginError(generation.name, what, ONLY_TOOLS_ASK) from e

        return call


def chat_provider(entry: Entry) -> ChatProvider:
    """Return the provider behind an entry. Raises PluginError when it has no chat models."""
    provider: ChatProvider = entry.obj
    # An isinstance of a runtime protocol costs 30 microseconds, in every step of every run.
    if not (hasattr(provider, "complete") and hasattr(provider, "stream")):
        raise PluginError(entry.generation.name, f"provider {entry.id!r}", "offers no chat models")
    return provider


def _bounded(response: ModelResponse) -> ModelResponse:
    """Return *response*. Raises ModelResponseError when it calls more tools than any sane answer does."""
    if len(response.message.tool_calls) > MAX_CALLS:
        raise ModelResponseError(f"the model made more than {MAX_CALLS} tool calls in one answer")
    return response


def with_unique_call_ids(response: ModelResponse) -> ModelResponse:
    """Return *response* with an id of its own for each tool call: approvals and results are told apart by it."""
    calls = response.message.tool_calls
    ids = {c.id for c in calls}
    if len(ids) == len(calls) and "" not in ids:
        return response
    renamed = tuple(replace(c, id=new_id("call")) for c in calls)
    return replace(response, message=replace(response.message, tool_calls=renamed))


def _spoke(state: RunState) -> bool:
    """Tell whether followers have already been shown a piece of the answer that failed: it cannot be unsaid."""
    return state.streaming and bool(state.unsaved) and state.seq > state.unsaved[-1].seq


def _closing(chunks: AsyncIterator[ModelChunk]) -> AbstractAsyncContextManager[object]:
    """Close what can be closed: an async generator, not every async iterator."""
    closeable: Any = chunks
    return aclosing(closeable) if hasattr(chunks, "aclose") else nullcontext()


async def _complete(provider: ChatProvider, request: ModelRequest) -> ModelResponse:
    response: object = await provider.complete(request)
    if not isinstance(response, ModelResponse):
        raise TypeError(f"complete() returned {type(response).__name__}, not a ModelResponse")
    return response


async def _stream(state: RunState, chunks: AsyncIterator[ModelChunk]) -> ModelResponse:
    text: list[str] = []
    calls: dict[int, list[str]] = {}
    finish: FinishReason | None = None
    usage: Usage = NO_USAGE
    async with _closing(chunks):
        async for chunk in chunks:
            if chunk.text:
                text.append(chunk.text)
                state.emit(ev.ModelDelta, chunk.text)
            for delta in chunk.tool_calls:
                call = calls.setdefault(delta.index, ["", "", ""])
                if len(calls) > MAX_CALLS:
                    raise ModelResponseError(f"the model made more than {MAX_CALLS} tool calls in one answer")
                call[0] = call[0] or delta.id
                call[1] = call[1] or delta.name
                call[2] += delta.arguments
            finish = chunk.finish_reason or finish
            usage = chunk.usage or usage
    if finish is None:
        raise ModelResponseError("the model's stream ended without saying why", retryable=True)
    message = Message.assistant("".join(text), tuple(ToolCall(*calls[i]) for i in sorted(calls)))
    return ModelResponse(message, finish, usage)
