"""The shapes of answers, for the document. Answers are not validated against them on their way out; tests do that."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, RootModel

from lumosai.gateway.message_shapes import MessageView
from lumosai_sdk.types.runs import RunStatus

T = TypeVar("T")


class Problem(BaseModel):
    """An error (RFC 9457). ``code`` is stable; ``hint`` says what to do next."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str | None = None
    errors: list[FieldError] | None = None
    request_id: str | None = None
    run_id: str | None = None


class FieldError(BaseModel):
    """What is wrong with one field of a request."""

    field: str
    message: str


class OpenAIErrorDetail(BaseModel):
    """What went wrong, in OpenAI's words."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(BaseModel):
    """An error as OpenAI's clients expect it."""

    error: OpenAIErrorDetail


class Listing(BaseModel, Generic[T]):
    """A whole list."""

    data: list[T]

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Return the name clients know it by: ``ToolViewList``."""
        return f"{params[0].__name__}List"


class Page(BaseModel, Generic[T]):
    """A page of a list; ``next_cursor``, as ``cursor``, gets the one that follows."""

    data: list[T]
    has_more: bool
    next_cursor: str | None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Return the name clients know it by: ``RunSummaryPage``."""
        return f"{params[0].__name__}Page"


class AgentView(BaseModel):
    """An agent."""

    id: str
    description: str
    model: str | list[str] | None
    tools: list[str]
    processors: list[str]
    memory: list[str]
    approve: list[str]


class AgentTool(BaseModel):
    """A tool that an agent has: its id, the name models know it by, and whether a person is asked before each call."""

    id: str
    name: str
    description: str
    approval: bool


class LimitsView(BaseModel):
    """Limits of a run; null is none."""

    steps: int | None
    tokens: int | None
    seconds: float | None
    cost: float | None


class ErrorView(BaseModel):
    """What went wrong."""

    code: str
    message: str
    hint: str | None = None
    plugin: str | None = None


class EffectiveAgent(BaseModel):
    """What an agent has when it runs: its globs, aliases, routes and defaults resolved, the host's limits applied.

    ``models`` are asked in this order. ``error`` tells why it could not run now; the lists are empty then.
    """

    models: list[str]
    tools: list[AgentTool]
    limits: LimitsView | None
    error: ErrorView | None = None


class AgentDetail(AgentView):
    """An agent, and what it has when it runs."""

    effective: EffectiveAgent


class UsageView(BaseModel):
    """Tokens, and US dollars where a price is known."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: float | None = None


class PendingView(BaseModel):
    """What a suspended run waits for."""

    call_id: str
    tool: str
    arguments: dict[str, Any]
    kind: Literal["approval", "question"]
    question: str


class RunResultView(BaseModel):
    """How a run stands when it stops."""

    run_id: str
    agent: str
    status: RunStatus
    text: str
    usage: UsageView
    steps: int
    messages: list[MessageView]
    thread_id: str | None = None
    output: Any = None
    pending: list[PendingView] | None = None


class RunSummary(BaseModel):
    """A run, as lists show it. Times are seconds since the epoch."""

    id: str
    agent: str
    status: RunStatus
    owner: str
    thread_id: str | None
    created_at: float
    updated_at: float
    steps: int
    usage: UsageView
    pending: list[PendingView]
    text: str
    error: ErrorView | None
    metadata: dict[str, Any]


class RunView(RunSummary):
    """A run with its messages."""

    messages: list[MessageView]


class EventView(BaseModel):
    """An event of a run; what else it has depends on its type."""

    type: str
    run_id: str
    seq: int
    at: float


class ThreadView(BaseModel):
    """A conversation."""

    id: str
    owner: str
    title: str
    created_at: float
    updated_at: float
    metadata: dict[str, Any]


class JsonSchema(RootModel[dict[str, Any]]):
    """A JSON Schema (draft 2020-12)."""


class ToolView(BaseModel):
    """A tool and the plugin it comes from."""

    id: str
    plugin: str
    description: str
    input_schema: JsonSchema
    output_schema: JsonSchema | None = None
    approval: Literal["never", "always"]
    side_effects: bool
    timeout: float | None = None
    error: ErrorView | None = None


class ToolResult(BaseModel):
    """What a tool returned."""

    result: Any


class HealthView(BaseModel):
    """How something says it is."""

    ok: bool
    detail: str = ""


class ServiceView(BaseModel):
    """The processes of the service: those that answer, the runs they have under way, and those that do not answer."""

    processes: int
    runs: int
    silent: int


class Liveness(BaseModel):
    """The service answers; ``storage`` says whether runs can be recorded."""

    status: Literal["ok", "degraded"]
    version: str
    storage: HealthView
    service: ServiceView | None = None


class SpecDocument(RootModel[dict[str, Any]]):
    """A document that describes the service."""


class Pointer(BaseModel):
    """Where to go from here."""

    name: str
    version: str
    openapi: str
    asyncapi: str
    docs: str
    health: str


class SpentView(BaseModel):
    """What was spent in a period (UTC): a day, a month, or ever."""

    period: str
    calls: int
    tokens: int
    cost: float


class SpentByPeriod(BaseModel):
    """What was spent today, this month, and ever."""

    day: SpentView
    month: SpentView
    total: SpentView


class BudgetView(BaseModel):
    """What a caller may spend in a period, what is left of it, and when it begins anew."""

    tokens: int | None
    cost: float | None
    period: Literal["day", "month", "total"]
    tokens_left: int | None
    cost_left: float | None
    renews: str | None


class SpendingView(BaseModel):
    """What a caller spent on models. ``caller`` is the credential it shows, or ``<tenant>/<id>``."""

    caller: str
    periods: SpentByPeriod
    budget: BudgetView | None
