"""What a response is asked for (OpenAI API reference, "Create a response")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from lumosai.gateway.errors import InvalidFieldsError
from lumosai.gateway.resources.run_start import ThreadId, checked_output
from lumosai.gateway.responses.input_items import InputIn
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import ModelRequest, OutputSchema
from lumosai_sdk.types.tools import EMPTY_SCHEMA, ToolSpec

Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
]
# What a model's vendor is passed as it is.
_PASSED = ("parallel_tool_calls", "prompt_cache_key", "safety_identifier", "service_tier", "user")
# What an agent's owner has settled, and a caller does not change.
_AGENTS_OWN = ("max_output_tokens", "parallel_tool_calls", "reasoning", "temperature", "tool_choice", "tools", "top_p")
_HARMLESS: dict[str, Any] = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}


class FunctionToolIn(BaseModel):
    """A function of the client's. OpenAI's hosted tools are not here."""

    type: Literal["function"]
    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None

    def spec(self) -> ToolSpec:
        """Return it as the host knows tools."""
        return ToolSpec(self.name, self.description or "", self.parameters or EMPTY_SCHEMA)


class NamedToolIn(BaseModel):
    """The function that must be called."""

    type: Literal["function"]
    name: str


class AllowedToolsIn(BaseModel):
    """The functions that may, or one of which must, be called."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: list[NamedToolIn] = Field(min_length=1, max_length=256)


def _choice_branch(value: Any) -> str:
    if not isinstance(value, dict):
        return "<word>"
    return "<allowed>" if value.get("type") == "allowed_tools" else "<named>"


ToolChoiceIn = Annotated[
    Annotated[Literal["auto", "none", "required"], Tag("<word>")]
    | Annotated[NamedToolIn, Tag("<named>")]
    | Annotated[AllowedToolsIn, Tag("<allowed>")],
    Discriminator(_choice_branch),
]


class TextFormatIn(BaseModel):
    """Text, any JSON object, or JSON that satisfies a schema."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    name: str = Field("output", max_length=64)
    description: str | None = None
    schema_: dict[str, Any] | None = Field(None, alias="schema")
    strict: bool | None = None

    def shown(self) -> dict[str, Any]:
        """Return it as a response repeats it."""
        if self.type != "json_schema":
            return {"type": self.type}
        told = {"name": self.name, "schema": self.schema_, "description": self.description, "strict": self.strict}
        return {"type": self.type, **told}


class TextSettingsIn(BaseModel):
    """How the answer's text is to be."""

    model_config = ConfigDict(extra="forbid")

    format: TextFormatIn = Field(default_factory=lambda: TextFormatIn.model_validate({}))
    verbosity: Literal["low", "medium", "high"] | None = None


class ReasoningIn(BaseModel):
    """How long a model is to think. ``summary`` is passed over: models of this host tell none."""

    effort: str | None = Field(None, max_length=32)
    summary: str | None = Field(None, max_length=32)


class StreamOptionsIn(BaseModel):
    """How to stream. Nothing is obfuscated here, whatever ``include_obfuscation`` says."""

    model_config = ConfigDict(extra="forbid")

    include_obfuscation: bool | None = None


class ConversationIn(BaseModel):
    """A conversation by its id."""

    id: ThreadId


def _conversation_branch(value: Any) -> str:
    return "<object>" if isinstance(value, dict) else "<id>"


ConversationRef = Annotated[
    Annotated[ThreadId, Tag("<id>")] | Annotated[ConversationIn, Tag("<object>")], Discriminator(_conversation_branch)
]


class ResponseBody(BaseModel):
    """A response's request. What is not listed is refused by its name."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1, max_length=256, description="An agent, an alias, or `<provider>/<model>`.")
    input: InputIn = Field(description="Text, or items.")
    instructions: str | None = Field(None, max_length=1_000_000, description="For this response only.")
    previous_response_id: str | None = Field(None, max_length=256, description="The stored response to continue.")
    conversation: ConversationRef | None = Field(None, description="The conversation (a thread) to continue.")
    store: bool | None = Field(
        None, description="Keep the response for 30 days, to be read and continued: the default."
    )
    stream: bool | None = None
    stream_options: StreamOptionsIn | None = Field(None, description="Passed over: nothing is obfuscated.")
    background: bool | None = Field(None, description="Answer at once and work on. Agents only, and not with `stream`.")
    tools: list[FunctionToolIn] | None = Field(
        None, max_length=256, description="Functions of the client's. Not for agents, which call their own."
    )
    tool_choice: ToolChoiceIn | None = Field(None, description="Not for agents.")
    parallel_tool_calls: bool | None = Field(None, description="Passed to the model's vendor. Not for agents.")
    text: TextSettingsIn | None = None
    max_output_tokens: int | None = Field(None, ge=1, description="Not for agents.")
    temperature: float | None = Field(None, ge=0, le=2, description="Not for agents.")
    top_p: float | None = Field(None, ge=0, le=1, description="Not for agents.")
    reasoning: ReasoningIn | None = Field(None, description="`effort` is passed to the model's vendor. Not for agents.")
    truncation: Literal["disabled"] | None = None
    top_logprobs: Literal[0] | None = None
    include: (
        list[
            Literal[
                "code_interpreter_call.outputs",
                "computer_call_output.output.image_url",
                "file_search_call.results",
                "message.input_image.image_url",
                "reasoning.encrypted_content",
                "web_search_call.action.sources",
                "web_search_call.results",
            ]
        ]
        | None
    ) = Field(None, description="Passed over: images are always told, and there is none of the rest.")
    metadata: Metadata | None = None
    user: str | None = Field(None, max_length=512, description="Passed to the model's vendor.")
    safety_identifier: str | None = Field(None, max_length=512, description="Passed to the model's vendor.")
    prompt_cache_key: str | None = Field(None, max_length=512, description="Passed to the model's vendor.")
    prompt_cache_retention: str | None = Field(None, max_length=32, description="Passed over.")
    service_tier: str | None = Field(None, max_length=32, description="Passed to the model's vendor.")

    @model_validator(mode="after")
    def _together(self) -> ResponseBody:
        if self.conversation is not None and self.previous_response_id is not None:
            raise ValueError("conversation and previous_response_id exclude each other")
        if self.background and (self.stream or self.store is False):
            raise ValueError("background goes neither with stream nor with store: false")
        return self

    @property
    def thread_id(self) -> str | None:
        """The conversation's id."""
        return self.conversation.id if isinstance(self.conversation, ConversationIn) else self.conversation

    @property
    def keep(self) -> bool:
        """Tell whether the response is stored: yes, unless the client says no."""
        return self.store is not False

    def check_for_agent(self) -> None:
        """Return if the request leaves alone what an agent's owner has settled. Raises InvalidFieldsError."""
        for name in _AGENTS_OWN:
            value = getattr(self, name)
            if value is not None and value != _HARMLESS.get(name):
                told = f"{self.model!r} is an agent, whose own settings and tools hold: leave this out"
                raise InvalidFieldsError([{"field": name, "message": told}])

    def output(self) -> OutputSchema | None:
        """Return the schema the answer must satisfy. Raises InputError."""
        wanted = self.text.format if self.text else None
        if wanted is None or wanted.type == "text":
            return None
        if wanted.type == "json_object":
            return OutputSchema({"type": "object"})
        if wanted.schema_ is None:
            raise InvalidFieldsError([{"field": "text.format.schema", "message": "json_schema needs it"}])
        return checked_output(wanted.schema_, wanted.name)

    def request(self, messages: Sequence[Message]) -> ModelRequest:
        """Return the request for a model called directly. Raises InputError."""
        tools, choice = self._tools()
        told = [Message.system(self.instructions)] if self.instructions else []
        return ModelRequest(
            model=self.model,
            messages=(*told, *messages),
            tools=tools,
            tool_choice=choice,
            output=self.output(),
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_output_tokens,
            extra=self._extra(),
        )

    def _extra(self) -> dict[str, Any]:
        out = {name: value for name in _PASSED if (value := getattr(self, name)) is not None}
        if self.reasoning and self.reasoning.effort:
            out["reasoning_effort"] = self.reasoning.effort
        if self.text and self.text.verbosity:
            out["verbosity"] = self.text.verbosity
        return out

    def _tools(self) -> tuple[Sequence[ToolSpec], Literal["auto", "none", "required"]]:
        tools, choice = [t.spec() for t in self.tools or ()], self.tool_choice
        if isinstance(choice, NamedToolIn):
            return _named(tools, [choice]), "required"
        if isinstance(choice, AllowedToolsIn):
            return _named(tools, choice.tools), choice.mode
        return tools, choice or "auto"


def _named(tools: Sequence[ToolSpec], wanted: Sequence[NamedToolIn]) -> list[ToolSpec]:
    names = {w.name for w in wanted}
    if unknown := sorted(names - {t.id for t in tools}):
        told = f"{unknown[0]!r} is not among the tools"
        raise InvalidFieldsError([{"field": "tool_choice", "message": told}])
    return [t for t in tools if t.id in names]
