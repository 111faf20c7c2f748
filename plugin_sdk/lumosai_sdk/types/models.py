"""Requests to and answers from models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.tools import ToolSpec

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "error"]
Capability = Literal["chat", "embedding", "rerank", "speech", "transcription", "image"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens in and out, of which ``cached_tokens`` input tokens were cheaper; ``cost`` in US dollars if known."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        cost = None if self.cost is None and other.cost is None else (self.cost or 0.0) + (other.cost or 0.0)
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            cost,
        )

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cached_tokens": self.cached_tokens,
        }
        if self.cost is not None:
            out["cost"] = self.cost
        return out


NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The JSON Schema an answer must satisfy, and the name vendors want for it."""

    schema: Mapping[str, Any]
    name: str = "output"


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call to a chat model.

    ``model`` is the name within the provider; ``output`` asks for JSON by schema; ``timeout`` in seconds;
    ``extra`` goes to the vendor as it is.
    """

    model: str
    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    tool_choice: Literal["auto", "none", "required"] = "auto"
    output: OutputSchema | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: Sequence[str] = ()
    seed: int | None = None
    timeout: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call in a stream: ``index`` tells which call, ``id`` and ``name`` come with its first piece."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class ModelChunk:
    """A piece of a streamed answer. The last chunk carries ``finish_reason`` and, if the server tells, ``usage``."""

    text: str = ""
    tool_calls: tuple[ToolCallDelta, ...] = ()
    finish_reason: FinishReason | None = None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class ModelResponse:
    """A whole answer: the assistant's message, why it ended, and what it cost.

    ``cached`` tells that it was given before, and costs nothing now: no budget counts it.
    """

    message: Message
    finish_reason: FinishReason = "stop"
    usage: Usage = NO_USAGE
    model: str = ""
    cached: bool = False


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model a provider offers: ``id`` within the provider, what it can do, its context window in tokens."""

    id: str
    capabilities: tuple[Capability, ...] = ("chat",)
    context_length: int | None = None
    description: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "capabilities": list(self.capabilities),
            "context_length": self.context_length,
            "description": self.description,
        }


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Texts to embed; ``dimensions`` shortens the vectors where the model can."""

    model: str
    inputs: Sequence[str]
    dimensions: int | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingResponse:
    """One vector an input, in order."""

    vectors: Sequence[Sequence[float]]
    usage: Usage = NO_USAGE
    model: str = ""
