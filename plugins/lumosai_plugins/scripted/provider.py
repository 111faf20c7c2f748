"""The models ``scripted/echo``, ``scripted/script`` and ``scripted/tool``, and ``scripted/words``, which embeds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from lumosai_plugins.scripted.arguments import least_value
from lumosai_plugins.scripted.rules import Rule, Rules
from lumosai_sdk.errors import ModelError, ModelResponseError, ModelUnavailableError
from lumosai_sdk.testing.scripted import Answer, call_id, chunks, respond
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.models import (
    EmbeddingRequest,
    EmbeddingResponse,
    ModelChunk,
    ModelInfo,
    ModelRequest,
    ModelResponse,
    Usage,
)
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.tools import ToolSpec

_MODELS = (
    ModelInfo("echo", description="Answers with the last user text"),
    ModelInfo("script", description="Follows the rules in [plugins.scripted.settings]"),
    ModelInfo("tool", description="Calls the first offered tool once, then answers with its result"),
    ModelInfo("words", ("embedding",), description="Embeds a text as the words in it"),
)


class ScriptedProvider:
    """A ChatProvider of deterministic models. Raises ConfigError, when made, for a rule that cannot be used."""

    def __init__(self, context: PluginContext) -> None:
        settings = context.settings
        self._delay: float = settings.get("delay", 0)
        self._chunk_size: int = settings.get("chunk_size", 0)
        # By tool id; what a model is offered bears the id in the alphabet of function names.
        given: Mapping[str, Mapping[str, Any]] = settings.get("arguments", {})
        self._arguments = {ToolSpec(tool_id).name: arguments for tool_id, arguments in given.items()}
        self._rules = Rules(settings.get("rules", []))
        self._answers: dict[str, Callable[[ModelRequest], Answer]] = {"echo": _echo, "tool": self._tool}

    async def models(self) -> Sequence[ModelInfo]:
        """Return the models."""
        return _MODELS

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Return the answer. Raises ModelError for an unknown model, a message no rule fits, or as a rule says."""
        rule, response = await self._respond(request)
        if rule is not None and rule.cut:
            raise _cut()
        return response

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        """Yield the answer word by word, or by ``chunk_size``. Raises as ``complete`` does."""
        rule, response = await self._respond(request)
        size = self._chunk_size if rule is None or rule.chunk_size is None else rule.chunk_size
        for chunk in chunks(response, size):
            if rule is not None and rule.cut and chunk.finish_reason:
                raise _cut()
            yield chunk

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        """Return a vector a text. Raises ModelError for a model that makes none."""
        from lumosai_plugins.scripted.words import DIMENSIONS, vector

        if request.model != "words":
            raise ModelError(f"scripted/{request.model} makes no embeddings; scripted/words does")
        if self._delay:
            await _wait(self._delay, request.timeout)
        vectors = [vector(text, request.dimensions or DIMENSIONS) for text in request.inputs]
        return EmbeddingResponse(vectors, Usage(sum(len(t.split()) for t in request.inputs)))

    async def _respond(self, request: ModelRequest) -> tuple[Rule | None, ModelResponse]:
        rule, answer = self._answer(request)
        if delay := self._delay + (rule.delay if rule else 0):
            await _wait(delay, request.timeout)
        return rule, await respond(answer, request)

    def _answer(self, request: ModelRequest) -> tuple[Rule | None, Answer]:
        if answer := self._answers.get(request.model):
            return None, answer(request)
        if request.model == "script":
            return self._rules.pick(request)
        known = ", ".join(m.id for m in _MODELS if "chat" in m.capabilities)
        raise ModelError(f"the scripted provider has no model {request.model!r}; there are: {known}")

    def _tool(self, request: ModelRequest) -> Answer:
        last = request.messages[-1] if request.messages else None
        if last is not None and last.role == "tool":
            return last.text
        if not request.tools or request.tool_choice == "none":
            return _echo(request)
        tool = request.tools[0]
        arguments = self._arguments.get(tool.name)
        if arguments is None:
            arguments = least_value(tool.input_schema, _echo(request)) or {}
        return ToolCall(call_id(request), tool.name, json.dumps(arguments))


def _echo(request: ModelRequest) -> str:
    for message in reversed(request.messages):
        if message.role == "user":
            return message.text
    return ""


async def _wait(delay: float, timeout: float | None) -> None:  # noqa: ASYNC109 - the request's own, in model time
    await asyncio.sleep(delay if timeout is None else min(delay, timeout))
    if timeout is not None and timeout < delay:
        raise ModelUnavailableError(f"the scripted model did not answer within {timeout:g} s", retryable=True)


def _cut() -> ModelResponseError:
    return ModelResponseError("the scripted model broke off in the middle of its answer", retryable=True)
