"""The shapes of answers to OpenAI's clients (OpenAI API reference), for the document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel


class ModelView(BaseModel):
    """A model, or an agent that can be used as one (OpenAI API reference, "The model object").

    ``kind`` and ``targets``, the models that an alias or route stands for, are the host's own.
    """

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    kind: Literal["agent", "alias", "route", "model"]
    targets: list[str] | None = None


class ModelList(BaseModel):
    """Everything ``model`` may name."""

    object: Literal["list"]
    data: list[ModelView]


class OpenAIUsage(BaseModel):
    """Tokens in OpenAI's words."""

    prompt_tokens: int
    completion_tokens: int | None = None
    total_tokens: int


class ChatChoice(BaseModel):
    """The answer."""

    index: int
    message: dict[str, Any]
    logprobs: None
    finish_reason: str


class ChatCompletion(BaseModel):
    """A chat completion (OpenAI API reference, "The chat completion object")."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: OpenAIUsage


class EmbeddingView(BaseModel):
    """A vector, as numbers or as base64 of little-endian float32."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingList(BaseModel):
    """Vectors in the order of the inputs."""

    object: Literal["list"]
    data: list[EmbeddingView]
    model: str
    usage: OpenAIUsage
