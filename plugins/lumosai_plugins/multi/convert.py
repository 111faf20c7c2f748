"""Requests in pydantic-ai's words. Imported only when a vendor is first used: pydantic-ai takes seconds to import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from pydantic_ai import messages as pai
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.tools import ToolDefinition

from lumosai_sdk.errors import InputError
from lumosai_sdk.types.messages import Content, Message, TextPart
from lumosai_sdk.types.models import ModelRequest
from lumosai_sdk.types.tools import ToolSpec

if TYPE_CHECKING:
    from pydantic_ai.settings import ModelSettings


def messages(request: ModelRequest) -> list[pai.ModelMessage]:
    """Return the conversation: everything between two answers of the model makes one request."""
    out: list[pai.ModelMessage] = []
    asked: list[pai.ModelRequestPart] = []
    names = {c.id: c.name for m in request.messages for c in m.tool_calls}
    for message in request.messages:
        if message.role != "assistant":
            asked.append(_asked(message, names))
            continue
        if asked:
            out.append(pai.ModelRequest(asked))
            asked = []
        out.append(pai.ModelResponse(_answered(message)))
    return [*out, pai.ModelRequest(asked)] if asked else out


def _asked(message: Message, names: dict[str, str]) -> pai.ModelRequestPart:
    if message.role == "system":
        return pai.SystemPromptPart(message.text)
    if message.role == "tool":
        id = message.tool_call_id or ""  # noqa: A001 - the wire's word
        return pai.ToolReturnPart(names.get(id, message.name or "tool"), message.text, id)
    return pai.UserPromptPart(_content(message.content))


def _answered(message: Message) -> list[pai.ModelResponsePart]:
    text: list[pai.ModelResponsePart] = [pai.TextPart(message.text)] if message.text or not message.tool_calls else []
    return text + [pai.ToolCallPart(c.name, c.arguments, c.id) for c in message.tool_calls]


def _content(content: Content) -> str | Sequence[pai.UserContent]:
    if isinstance(content, str):
        return content
    return [part.text if isinstance(part, TextPart) else _image(part.url) for part in content]


def _image(url: str) -> pai.UserContent:
    if url.startswith("https:"):
        return pai.ImageUrl(url)
    try:
        image = pai.BinaryContent.from_data_uri(url)
    except ValueError:
        raise InputError("an image must be an https: URL or data:image/…;base64,…") from None
    if not image.media_type.startswith("image/"):
        raise InputError(f"an image cannot be of type {image.media_type[:80]!r}")
    return image


def parameters(request: ModelRequest, model: Model[Any]) -> ModelRequestParameters:
    """Return the tools and, where an output schema is asked for, how the model is held to it."""
    tools = [_tool(t) for t in request.tools]
    if request.output is None:
        return ModelRequestParameters(function_tools=tools)
    native = model.profile.get("supports_json_schema_output", False) and request.output.schema.get("type") == "object"
    return ModelRequestParameters(
        function_tools=tools,
        output_mode="native" if native else "prompted",
        output_object=OutputObjectDefinition(dict(request.output.schema), request.output.name),
    )


def _tool(tool: ToolSpec) -> ToolDefinition:
    schema = dict(tool.input_schema)
    return ToolDefinition(name=tool.name, parameters_json_schema=schema, description=tool.description)


def settings(request: ModelRequest, timeout: float) -> ModelSettings:
    """Return the model settings; ``extra`` may hold any of pydantic-ai's.

    The host retries, so the vendor's SDK must not.
    """
    out: dict[str, Any] = {}
    for name in ("temperature", "top_p", "max_tokens", "seed"):
        if (value := getattr(request, name)) is not None:
            out[name] = value
    if request.stop:
        out["stop_sequences"] = list(request.stop)
    if request.tools and request.tool_choice != "auto":
        out["tool_choice"] = request.tool_choice
    seconds = timeout if request.timeout is None else request.timeout
    own = {"timeout": seconds, "request_timeout": seconds, "max_retries": 0}
    return cast("ModelSettings", {**out, **request.extra, **own})
