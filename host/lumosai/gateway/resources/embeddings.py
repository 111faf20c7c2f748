"""``POST /v1/embeddings`` (OpenAI API reference, "Create embeddings")."""

from __future__ import annotations

import sys
from array import array
from base64 import b64encode
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.direct import told
from lumosai.gateway.openai_shapes import EmbeddingList
from lumosai.gateway.operation import LATER, Operation
from lumosai.gateway.reply import json_reply

Text = Annotated[str, Field(min_length=1)]


def _branch(value: Any) -> str:
    return "<texts>" if isinstance(value, list) else "<text>"


class EmbeddingsBody(BaseModel):
    """Texts to embed. Tokens instead of text are not taken: they mean something to one model only."""

    model: str = Field(min_length=1, max_length=256)
    input: Annotated[
        Annotated[Text, Tag("<text>")] | Annotated[list[Text], Field(min_length=1, max_length=2048), Tag("<texts>")],
        Discriminator(_branch),
    ]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(None, ge=1, le=65_536)
    user: str | None = None


async def embed(call: Call) -> ASGIApp:
    """Return one vector a text. Raises NotFoundError, InputError, ModelError."""
    body = await call.body(EmbeddingsBody)
    await call.allow("model.call", body.model)
    inputs = [body.input] if isinstance(body.input, str) else body.input
    response = await call.gate.host.embed(
        inputs, model=body.model, dimensions=body.dimensions, principal=call.principal
    )
    encode = _base64 if body.encoding_format == "base64" else list
    vectors = [
        {"object": "embedding", "index": i, "embedding": encode(vector)} for i, vector in enumerate(response.vectors)
    ]
    tokens = response.usage.input_tokens
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return json_reply(
        {"object": "list", "data": vectors, "model": response.model, "usage": usage}, headers=told(response.model)
    )


def _base64(vector: Sequence[float]) -> str:
    packed = array("f", vector)
    if sys.byteorder == "big":
        packed.byteswap()
    return b64encode(packed.tobytes()).decode()


OPERATIONS = (
    Operation(
        "POST",
        "/v1/embeddings",
        embed,
        "createEmbeddings",
        "Embed texts",
        "openai",
        action="model.call",
        resource=LATER,
        takes=EmbeddingsBody,
        takes_example={"model": "local/minilm", "input": ["the moon", "a tide table"]},
        answers=EmbeddingList,
        example={
            "object": "list",
            "data": [{"object": "embedding", "index": 0, "embedding": [0.013, -0.021, 0.094]}],
            "model": "local/minilm",
            "usage": {"prompt_tokens": 3, "total_tokens": 3},
        },
    ),
)
