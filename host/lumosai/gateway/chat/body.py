"""What a chat completion is asked for (OpenAI API reference, "Create chat completion")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from lumosai.gateway import messages
from lumosai.gateway.messages import Messages
from lumosai.gateway.resources.run_start import checked_output
from lumosai_sdk.errors import InputError
from lumosai_sdk.types.models import ModelRequest, OutputSchema
from lumosai_sdk.types.tools import EMPTY_SCHEMA, ToolSpec

# What the vendor behind a direct model is passed as it is; agents have settings of their own.
_PASSED = (
    "frequency_penalty",
    "logit_bias",
    "parallel_tool_calls",
    "presence_penalty",
    "reasoning_effort",
    "service_tier",
    "user",
    "verbosity",
)


class FunctionSpecIn(BaseModel):
    """A function the client offers."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")
    description: str = ""
    parameters: dict[str, Any] | None = None


class ToolIn(BaseModel):
    """A tool the client offers, and will call itself."""

    type: Literal["function"]
    function: FunctionSpecIn


class NamedFunction(BaseModel):
    """A function by name."""

    name: str


class NamedTool(BaseModel):
    """The tool that must be called."""

    type: Literal["function"]
    function: NamedFunction


class SchemaIn(BaseModel):
    """A JSON Schema and its name."""

    name: str = Field("output", max_length=64)
    schema_: dict[str, Any] | None = Field(None, alias="schema")


class FormatIn(BaseModel):
    """Text, any JSON object, or JSON that satisfies a schema."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaIn | None = None


class StreamOptions(BaseModel):
    """How to stream."""

    include_usage: bool = False


def _branch(value: Any) -> str:
    return "<tool>" if isinstance(value, dict) else "<word>"


ToolChoice = Annotated[
    Annotated[Literal["auto", "none", "required"], Tag("<word>")] | Annotated[NamedTool, Tag("<tool>")],
    Discriminator(_branch),
]


def _stop_branch(value: Any) -> str:
    return "<texts>" if isinstance(value, list) else "<text>"


Stop = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[list[str], Field(max_length=16), Tag("<texts>")],
    Discriminator(_stop_branch),
]


class ChatBody(BaseModel):
    """A chat completion request.

    What would change the answer and is not served is refused by its name; what else is not listed is passed over.
    """

    model_config = ConfigDict(extra="allow")

    model: str = Field(min_length=1, max_length=256, description="An agent, an alias, or `<provider>/<model>`.")
    messages: Messages
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    stop: Stop | None = None
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)
    n: Literal[1] | None = None
    tools: list[ToolIn] | None = Field(None, max_length=256)
    tool_choice: ToolChoice | None = None
    response_format: FormatIn | None = None
    metadata: dict[str, str] | None = None
    logprobs: Literal[False] | None = None
    top_logprobs: Literal[0] | None = None
    modalities: list[Literal["text"]] | None = None
    audio: None = Field(None, description="Not served, nor are the next four.")
    functions: None = None
    function_call: None = None
    prediction: None = None
    web_search_options: None = None

    @property
    def with_usage(self) -> bool:
        return self.stream_options is not None and self.stream_options.include_usage

    def output(self) -> OutputSchema | None:
        """Return the schema the answer must satisfy. Raises InputError."""
        wanted = self.response_format
        if wanted is None or wanted.type == "text":
            return None
        if wanted.type == "json_object":
            return OutputSchema({"type": "object"})
        if wanted.json_schema is None or wanted.json_schema.schema_ is None:
            raise InputError("response_format json_schema needs json_schema.schema")
        return checked_output(wanted.json_schema.schema_, wanted.json_schema.name)

    def request(self) -> ModelRequest:
        """Return the request for a model called directly. Raises InputError."""
        tools, choice = self._tools()
        extra = self.model_extra or {}
        return ModelRequest(
            model=self.model,
            messages=messages.read(self.messages),
            tools=tools,
            tool_choice=choice,
            output=self.output(),
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ()),
            seed=self.seed,
            extra={k: extra[k] for k in _PASSED if extra.get(k) is not None},
        )

    def _tools(self) -> tuple[Sequence[ToolSpec], Literal["auto", "none", "required"]]:
        tools = [_spec(t.function) for t in self.tools or ()]
        if not isinstance(self.tool_choice, NamedTool):
            return tools, self.tool_choice or "auto"
        name = self.tool_choice.function.name
        named = [t for t in tools if t.id == name]
        if not named:
            raise InputError(f"tool_choice names {name!r}, which is not among the tools")
        return named, "required"


def _spec(function: FunctionSpecIn) -> ToolSpec:
    return ToolSpec(function.name, function.description, function.parameters or EMPTY_SCHEMA)
