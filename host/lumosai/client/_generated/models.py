"""Made from docs/reference/openapi.json by `make clients`: change that, or tools/clients.py."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class AgentTool(TypedDict):
    """A tool that an agent has: its id, the name models know it by, and whether a person is asked before each call."""

    id: str
    name: str
    description: str
    approval: bool


class AgentVersionDraft(TypedDict):
    """A draft: what it changes of the version that holds, or of another one."""

    config: dict[str, Any]
    """A merge patch (RFC 7396) of the agent's table: null takes a key out."""
    base: NotRequired[int | None]
    """The version it changes; the one that holds where it is left out."""
    note: NotRequired[str]
    """What it is for."""


class AgentView(TypedDict):
    """An agent."""

    id: str
    description: str
    model: str | list[str] | None
    tools: list[str]
    processors: list[str]
    memory: list[str]
    approve: list[str]


class ApprovalIn(TypedDict):
    """A person's word on a call that an agent asked leave for."""

    type: Literal["mcp_approval_response"]
    id: NotRequired[str | None]
    approval_request_id: str
    approve: bool
    reason: NotRequired[str | None]


class BudgetView(TypedDict):
    """What a caller may spend in a period, what is left of it, and when it begins anew."""

    tokens: int | None
    cost: float | None
    period: Literal["day", "month", "total"]
    tokens_left: int | None
    cost_left: float | None
    renews: str | None


class Cancelled(TypedDict):
    """The run is being cancelled."""

    run_id: str
    status: Literal["cancelled"]


class ChangeView(TypedDict):
    """A key that is different, dotted; null is one that is not there."""

    key: str
    was: Any
    now: Any


class ChatChoice(TypedDict):
    """The answer."""

    index: int
    message: dict[str, Any]
    logprobs: None
    finish_reason: str


class ConfigDocument(TypedDict):
    """A configuration, section by section, as `GET /v1/config/schema` describes it."""


class ConfigPatch(TypedDict):
    """What is to change, as a merge patch (RFC 7396): what is left out stays, null takes a key out of the file."""

    agents: NotRequired[dict[str, Any] | None]
    """Agents by id."""
    limits: NotRequired[dict[str, Any] | None]
    """Limits of every run."""
    models: NotRequired[dict[str, Any] | None]
    """Which models agents use."""
    plugins: NotRequired[dict[str, Any] | None]
    """Plugins by name: `enabled` and `settings`."""


class ContributionView(TypedDict):
    """Something that a plugin contributes; what else it has depends on its kind."""

    id: NotRequired[str]
    description: NotRequired[str | None]


class ConversationIn(TypedDict):
    """A conversation by its id."""

    id: str


class ConversationView(TypedDict):
    """A conversation."""

    id: str
    object: Literal["conversation"]
    created_at: int
    metadata: dict[str, Any]


class DecisionIn(TypedDict):
    """A person's word on a pending call: leave or refusal, or the answer to its question."""

    approve: NotRequired[bool | None]
    answer: NotRequired[str | None]
    reason: NotRequired[str]


class DeletedView(TypedDict):
    """Something that is no more."""

    id: str
    object: Literal["response.deleted", "conversation.deleted"]
    deleted: Literal[True]


class EmbeddingView(TypedDict):
    """A vector, as numbers or as base64 of little-endian float32."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


InputItem: TypeAlias = str


class EmbeddingsBody(TypedDict):
    """Texts to embed. Tokens instead of text are not taken: they mean something to one model only."""

    model: str
    input: str | list[InputItem]
    encoding_format: NotRequired[Literal["float", "base64"]]
    dimensions: NotRequired[int | None]
    user: NotRequired[str | None]


class ErrorView(TypedDict):
    """What went wrong."""

    code: str
    message: str
    hint: NotRequired[str | None]
    plugin: NotRequired[str | None]


class FieldError(TypedDict):
    """What is wrong with one field of a request."""

    field: str
    message: str


class FunctionCallIn(TypedDict):
    """A call the model made, given back as it came."""

    type: Literal["function_call"]
    id: NotRequired[str | None]
    call_id: str
    name: str
    arguments: str


class FunctionCallView(TypedDict):
    """The function that was called, and the JSON text the model wrote as arguments."""

    name: str
    arguments: str


class FunctionIn(TypedDict):
    """The function an assistant called, and the JSON text it wrote as arguments."""

    name: str
    arguments: NotRequired[str]


class FunctionSpecIn(TypedDict):
    """A function the client offers."""

    name: str
    description: NotRequired[str]
    parameters: NotRequired[dict[str, Any] | None]


class FunctionToolIn(TypedDict):
    """A function of the client's. OpenAI's hosted tools are not here."""

    type: Literal["function"]
    name: str
    description: NotRequired[str | None]
    parameters: NotRequired[dict[str, Any] | None]
    strict: NotRequired[bool | None]


class HealthView(TypedDict):
    """How something says it is."""

    ok: bool
    detail: NotRequired[str]


class HostedCallIn(TypedDict):
    """A call of one of an agent's own tools, given back as it came."""

    type: Literal["mcp_call"]
    id: NotRequired[str | None]
    server_label: NotRequired[str]
    name: str
    arguments: str
    output: NotRequired[str | None]
    error: NotRequired[Any]


class ImageUrlIn(TypedDict):
    """Where an image is: an ``https:`` address the vendor fetches, or the image itself as ``data:image/…``."""

    url: str
    detail: NotRequired[Literal["auto", "low", "high"]]


class ImageUrlView(TypedDict):
    """Where an image is, or the image itself as ``data:image/…``."""

    url: str
    detail: str


class InputImageIn(TypedDict):
    """An image: an ``https:`` address the vendor fetches, or the image itself as ``data:image/…``."""

    type: Literal["input_image"]
    image_url: str
    detail: NotRequired[Literal["auto", "low", "high"] | None]


class ItemView(TypedDict):
    """An item; what else it has depends on its type."""

    id: str
    type: str


class JsonSchema(TypedDict):
    """A JSON Schema (draft 2020-12)."""


class LeaveBody(TypedDict):
    """Which of the calls that wait for leave are meant; none named: all of them."""

    call_ids: NotRequired[list[str] | None]
    """Their ids, as `pending` tells them."""
    reason: NotRequired[str]
    """Why; a model is told why it may not."""


class LimitsView(TypedDict):
    """Limits of a run; null is none."""

    steps: int | None
    tokens: int | None
    seconds: float | None
    cost: float | None


class AgentViewList(TypedDict):
    data: list[AgentView]


class MetadataBody(TypedDict):
    """New metadata, in place of the old."""

    metadata: dict[str, str] | None


class ModelView(TypedDict):
    """A model, or an agent that can be used as one (OpenAI API reference, "The model object").

    ``kind`` and ``targets``, the models that an alias or route stands for, are the host's own.
    """

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    kind: Literal["agent", "alias", "route", "model"]
    targets: NotRequired[list[str] | None]


class NamedFunction(TypedDict):
    """A function by name."""

    name: str


class NamedTool(TypedDict):
    """The tool that must be called."""

    type: Literal["function"]
    function: NamedFunction


class NamedToolIn(TypedDict):
    """The function that must be called."""

    type: Literal["function"]
    name: str


class OpenAIErrorDetail(TypedDict):
    """What went wrong, in OpenAI's words."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIUsage(TypedDict):
    """Tokens in OpenAI's words."""

    prompt_tokens: int
    completion_tokens: NotRequired[int | None]
    total_tokens: int


class PanelBlockView(TypedDict):
    """A piece of a panel."""

    kind: Literal["markdown", "metric", "table", "json"]
    title: str
    value: Any
    columns: list[str]
    rows: list[list[Any]]


class PanelSummary(TypedDict):
    """A panel."""

    id: str
    plugin: str
    title: str
    description: str


class PanelViewShape(TypedDict):
    """What a panel shows now; ask again after ``refresh`` seconds."""

    title: str
    blocks: list[PanelBlockView]
    refresh: float | None


class PassedOverIn(TypedDict):
    """What says nothing to the next model: reasoning, and requests for leave, given back as they came."""

    type: Literal["reasoning", "mcp_approval_request"]


class PendingView(TypedDict):
    """What a suspended run waits for."""

    call_id: str
    tool: str
    arguments: dict[str, Any]
    kind: Literal["approval", "question"]
    question: str


class PermissionsView(TypedDict):
    """What a plugin asks for, what its owner grants, and what holds: both."""

    requested: dict[str, Any]
    granted: dict[str, Any]
    effective: dict[str, Any]
    missing: dict[str, Any]


class PluginHealth(TypedDict):
    """How a plugin stands, and what it says of itself: null if it says nothing."""

    name: str
    state: Literal["enabled", "disabled", "broken"]
    failures: int
    circuit: NotRequired[str | None]
    reason: NotRequired[str | None]
    health: HealthView | None


class PluginSummary(TypedDict):
    """A plugin and how it stands."""

    name: str
    version: str
    state: Literal["enabled", "disabled", "broken"]
    runtime: str
    distribution: str
    built_in: bool
    description: str
    contributes: dict[str, list[str]]
    failures: int
    circuit: NotRequired[str | None]
    reason: NotRequired[str | None]
    delivered: NotRequired[str | None]


class Pointer(TypedDict):
    """Where to go from here."""

    name: str
    version: str
    openapi: str
    asyncapi: str
    docs: str
    health: str


class Problem(TypedDict):
    """An error (RFC 9457). ``code`` is stable; ``hint`` says what to do next."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: NotRequired[str | None]
    errors: NotRequired[list[FieldError] | None]
    request_id: NotRequired[str | None]
    run_id: NotRequired[str | None]


class ReasoningIn(TypedDict):
    """How long a model is to think. ``summary`` is passed over: models of this host tell none."""

    effort: NotRequired[str | None]
    summary: NotRequired[str | None]


class RefusalIn(TypedDict):
    """What the assistant said instead of an answer."""

    type: Literal["refusal"]
    refusal: str


class ResponseView(TypedDict):
    """A response (OpenAI API reference, "The Response object"). What the request said is repeated beside this."""

    id: str
    object: Literal["response"]
    created_at: int
    status: Literal["completed", "failed", "in_progress", "cancelled", "incomplete"]
    model: str
    output: list[dict[str, Any]]
    error: dict[str, Any] | None
    incomplete_details: dict[str, Any] | None
    usage: dict[str, Any] | None
    previous_response_id: str | None
    conversation: dict[str, Any] | None


class ResumeBody(TypedDict):
    """Decisions by call id."""

    decisions: dict[str, DecisionIn]


class RightView(TypedDict):
    """One thing that a plugin may do or asks for: the rule, in plain words, and its risk."""

    kind: str
    rule: str
    words: str
    risk: Literal["low", "medium", "high"]
    granted: bool


class RunLimits(TypedDict):
    """Narrower limits, for the runs of one agent or for one run: they never widen the host's."""

    steps: NotRequired[int | None]
    """Model calls a run."""
    tokens: NotRequired[int | None]
    """Tokens in and out a run."""
    seconds: NotRequired[float | None]
    """Seconds of wall time a run."""
    cost: NotRequired[float | None]
    """US dollars a run."""


class SchemaIn(TypedDict):
    """A JSON Schema and its name."""

    name: NotRequired[str]
    schema: NotRequired[dict[str, Any] | None]


class ServiceView(TypedDict):
    """The processes of the service: those that answer, the runs they have under way, and those that do not answer."""

    processes: int
    runs: int
    silent: int


class SiblingFailure(TypedDict):
    """A process of the service that could not follow a change."""

    process: int
    code: str
    detail: str


class SiblingsView(TypedDict):
    """What came of a change in the other processes of the service; left out where there are none."""

    asked: int
    failed: list[SiblingFailure]


class SpecDocument(TypedDict):
    """A document that describes the service."""


class SpentView(TypedDict):
    """What was spent in a period (UTC): a day, a month, or ever."""

    period: str
    calls: int
    tokens: int
    cost: float


class StreamOptions(TypedDict):
    """How to stream."""

    include_usage: NotRequired[bool]


class StreamOptionsIn(TypedDict):
    """How to stream. Nothing is obfuscated here, whatever ``include_obfuscation`` says."""

    include_obfuscation: NotRequired[bool | None]


class TextFormatIn(TypedDict):
    """Text, any JSON object, or JSON that satisfies a schema."""

    type: NotRequired[Literal["text", "json_object", "json_schema"]]
    name: NotRequired[str]
    description: NotRequired[str | None]
    schema: NotRequired[dict[str, Any] | None]
    strict: NotRequired[bool | None]


class TextIn(TypedDict):
    """A piece of text."""

    type: Literal["text", "input_text", "output_text"]
    text: str


class TextPartView(TypedDict):
    """A piece of text."""

    type: Literal["text"]
    text: str


class TextSettingsIn(TypedDict):
    """How the answer's text is to be."""

    format: NotRequired[TextFormatIn]
    verbosity: NotRequired[Literal["low", "medium", "high"] | None]


class ThreadBody(TypedDict):
    """A new conversation."""

    id: NotRequired[str | None]
    """Its name, of your choosing; made up where it is left out."""
    title: NotRequired[str]
    """What lists show."""
    metadata: NotRequired[dict[str, str]]
    """Up to 16 texts by name."""


class ThreadChange(TypedDict):
    """What is to change; what is left out stays."""

    title: NotRequired[str | None]
    """What lists show."""
    metadata: NotRequired[dict[str, str] | None]
    """New metadata, in place of the old."""


class ThreadView(TypedDict):
    """A conversation."""

    id: str
    owner: str
    title: str
    created_at: float
    updated_at: float
    metadata: dict[str, Any]


class ToolCallBody(TypedDict):
    """The arguments, as the tool's ``input_schema`` wants them."""

    arguments: NotRequired[dict[str, Any]]
    """Arguments by name."""


class ToolCallIn(TypedDict):
    """A call the assistant made."""

    id: str
    type: NotRequired[Literal["function"]]
    function: FunctionIn


class ToolCallView(TypedDict):
    """A call the assistant made."""

    id: str
    type: Literal["function"]
    function: FunctionCallView


class ToolIn(TypedDict):
    """A tool the client offers, and will call itself."""

    type: Literal["function"]
    function: FunctionSpecIn


class ToolResult(TypedDict):
    """What a tool returned."""

    result: Any


class ToolView(TypedDict):
    """A tool and the plugin it comes from."""

    id: str
    plugin: str
    description: str
    input_schema: JsonSchema
    output_schema: NotRequired[JsonSchema | None]
    approval: Literal["never", "always"]
    side_effects: bool
    timeout: NotRequired[float | None]
    error: NotRequired[ErrorView | None]


class UnknownIn(TypedDict):
    """An item of a kind that is not taken."""

    type: str


class UsageView(TypedDict):
    """Tokens, and US dollars where a price is known."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: NotRequired[float | None]


class RunStarted(TypedDict):
    """An agent took up a request."""

    type: Literal["run.started"]
    run_id: str
    seq: int
    at: float
    agent: str
    thread_id: str | None
    input: str


class RunResumed(TypedDict):
    """A suspended run goes on."""

    type: Literal["run.resumed"]
    run_id: str
    seq: int
    at: float
    agent: str


class RunHandedOver(TypedDict):
    """The conversation is the agent ``to``'s from here on; ``agent`` had it."""

    type: Literal["run.handed_over"]
    run_id: str
    seq: int
    at: float
    agent: str
    to: str


class RunSuspended(TypedDict):
    """A run waits for a person."""

    type: Literal["run.suspended"]
    run_id: str
    seq: int
    at: float
    agent: str
    pending: list[PendingView]


class RunCompleted(TypedDict):
    """A run has its answer. ``duration`` in seconds."""

    type: Literal["run.completed"]
    run_id: str
    seq: int
    at: float
    agent: str
    text: str
    usage: UsageView
    steps: int
    duration: float


class RunFailed(TypedDict):
    """A run ended without an answer; ``error`` is ``{code, message, hint?, plugin?}``."""

    type: Literal["run.failed"]
    run_id: str
    seq: int
    at: float
    agent: str
    error: dict[str, Any]
    duration: float


class RunCancelled(TypedDict):
    """A run was cancelled."""

    type: Literal["run.cancelled"]
    run_id: str
    seq: int
    at: float
    agent: str
    duration: float


class ModelStarted(TypedDict):
    """A model is being called; ``model`` is the full reference, ``step`` counts model calls from 1."""

    type: Literal["model.started"]
    run_id: str
    seq: int
    at: float
    model: str
    step: int


class ModelDelta(TypedDict):
    """A piece of streamed text. Goes to those who follow the run, not to hooks, monitors or storage."""

    type: Literal["model.delta"]
    run_id: str
    seq: int
    at: float
    text: str


class ModelCompleted(TypedDict):
    """A model answered; ``text`` may be empty when it called ``tool_calls`` tools. ``duration`` in seconds."""

    type: Literal["model.completed"]
    run_id: str
    seq: int
    at: float
    model: str
    step: int
    text: str
    tool_calls: int
    finish_reason: Literal["stop", "length", "tool_calls", "content_filter", "error"]
    usage: UsageView
    duration: float


class ModelRetried(TypedDict):
    """A model call failed, with ``error`` as a failed run's, and is tried again after ``delay`` seconds."""

    type: Literal["model.retried"]
    run_id: str
    seq: int
    at: float
    model: str
    attempt: int
    delay: float
    error: dict[str, Any]


class ModelFellBack(TypedDict):
    """A model is given up, with ``error`` as a failed run's, for the next one of the agent's list."""

    type: Literal["model.fell_back"]
    run_id: str
    seq: int
    at: float
    model: str
    to: str
    error: dict[str, Any]


class ToolCalled(TypedDict):
    """A tool is about to be called with ``arguments`` (JSON text as the model wrote it)."""

    type: Literal["tool.call"]
    run_id: str
    seq: int
    at: float
    call_id: str
    tool: str
    arguments: str


class ToolReturned(TypedDict):
    """A tool answered; ``error`` tells whether ``content`` is an error message. ``duration`` in seconds."""

    type: Literal["tool.result"]
    run_id: str
    seq: int
    at: float
    call_id: str
    tool: str
    content: str
    error: bool
    duration: float


RunEvent: TypeAlias = (
    RunStarted
    | RunResumed
    | RunHandedOver
    | RunSuspended
    | RunCompleted
    | RunFailed
    | RunCancelled
    | ModelStarted
    | ModelDelta
    | ModelCompleted
    | ModelRetried
    | ModelFellBack
    | ToolCalled
    | ToolReturned
)
"""An event of a run. A later version may send types that are not here: pass over them."""


class AgentVersionChanges(TypedDict):
    """What is different from ``base`` (null: what ``lumos.toml`` says, of which there is no version) in ``number``."""

    base: int | None
    number: int
    changes: list[ChangeView]
    diff: str


class AgentVersionDetail(TypedDict):
    """A version with the agent's table as it stands in ``lumos.toml``."""

    id: str
    agent: str
    number: int
    state: Literal["draft", "published", "holds"]
    author: str
    note: str
    created_at: float
    published_at: float | None
    siblings: NotRequired[SiblingsView | None]
    config: dict[str, Any]


class AgentVersionView(TypedDict):
    """A version of an agent. ``id`` is what a run names to be answered by it.

    ``state`` is ``holds`` for what ``lumos.toml`` says, ``draft`` for what never held, else ``published``.
    """

    id: str
    agent: str
    number: int
    state: Literal["draft", "published", "holds"]
    author: str
    note: str
    created_at: float
    published_at: float | None
    siblings: NotRequired[SiblingsView | None]


class AllowedToolsIn(TypedDict):
    """The functions that may, or one of which must, be called."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: list[NamedToolIn]


class ChangesView(TypedDict):
    """What looking again at the installed plugins found."""

    added: list[str]
    swapped: list[str]
    removed: list[str]
    siblings: NotRequired[SiblingsView | None]


class ChatCompletion(TypedDict):
    """A chat completion (OpenAI API reference, "The chat completion object")."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: OpenAIUsage


class ConfigView(TypedDict):
    """The configuration in force: defaults, file and environment. Secrets are shown as the references they are.

    ``waiting`` are the keys of which the file says what holds from the next start only, ``overridden`` those just
    changed for which an environment variable says something else. ``problem`` is what is wrong with the file as it is
    now: what it said before is in force then.
    """

    file: str | None
    config: ConfigDocument
    waiting: list[str]
    problem: NotRequired[ErrorView | None]
    overridden: NotRequired[list[str] | None]
    siblings: NotRequired[SiblingsView | None]


class EffectiveAgent(TypedDict):
    """What an agent has when it runs: its globs, aliases, routes and defaults resolved, the host's limits applied.

    ``models`` are asked in this order. ``error`` tells why it could not run now; the lists are empty then.
    """

    models: list[str]
    tools: list[AgentTool]
    limits: LimitsView | None
    error: NotRequired[ErrorView | None]


class EmbeddingList(TypedDict):
    """Vectors in the order of the inputs."""

    object: Literal["list"]
    data: list[EmbeddingView]
    model: str
    usage: OpenAIUsage


class FormatIn(TypedDict):
    """Text, any JSON object, or JSON that satisfies a schema."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: NotRequired[SchemaIn | None]


class FunctionOutputIn(TypedDict):
    """What a function of the client's returned."""

    type: Literal["function_call_output"]
    id: NotRequired[str | None]
    call_id: str
    output: str | list[TextIn | InputImageIn | RefusalIn]


class ImageIn(TypedDict):
    """An image."""

    type: Literal["image_url"]
    image_url: ImageUrlIn


class ImagePartView(TypedDict):
    """An image."""

    type: Literal["image_url"]
    image_url: ImageUrlView


class ItemListView(TypedDict):
    """A page of items."""

    object: Literal["list"]
    data: list[ItemView]
    first_id: str
    last_id: str
    has_more: bool


class AgentVersionViewList(TypedDict):
    data: list[AgentVersionView]


class PanelSummaryList(TypedDict):
    data: list[PanelSummary]


class PluginSummaryList(TypedDict):
    data: list[PluginSummary]


class ToolViewList(TypedDict):
    data: list[ToolView]


class Liveness(TypedDict):
    """The service answers; ``storage`` says whether runs can be recorded."""

    status: Literal["ok", "degraded"]
    version: str
    storage: HealthView
    service: NotRequired[ServiceView | None]


class MessageIn(TypedDict):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: NotRequired[str | list[TextIn | ImageIn | RefusalIn] | None]
    tool_calls: NotRequired[list[ToolCallIn] | None]
    tool_call_id: NotRequired[str | None]
    name: NotRequired[str | None]


class MessageItemIn(TypedDict):
    """A message; one of the assistant's may be given back as it came."""

    type: NotRequired[Literal["message"]]
    id: NotRequired[str | None]
    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[TextIn | InputImageIn | RefusalIn]


class MessageView(TypedDict):
    """A message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[TextPartView | ImagePartView]
    tool_calls: NotRequired[list[ToolCallView] | None]
    tool_call_id: NotRequired[str | None]
    name: NotRequired[str | None]


class MessagesBody(TypedDict):
    """Messages to add to the end."""

    messages: list[MessageIn]


class ModelList(TypedDict):
    """Everything ``model`` may name."""

    object: Literal["list"]
    data: list[ModelView]


class OpenAIError(TypedDict):
    """An error as OpenAI's clients expect it."""

    error: OpenAIErrorDetail


class EventViewPage(TypedDict):
    data: list[RunEvent]
    has_more: bool
    next_cursor: str | None


class MessageViewPage(TypedDict):
    data: list[MessageView]
    has_more: bool
    next_cursor: str | None


class ThreadViewPage(TypedDict):
    data: list[ThreadView]
    has_more: bool
    next_cursor: str | None


class PluginPermissions(TypedDict):
    """What a plugin asks for, is granted, and may do, each thing it asks for in plain words, the riskiest first.

    What a plugin of the runtime ``python`` asks for binds well-meaning code alone: it runs in the host's process.
    """

    requested: dict[str, Any]
    granted: dict[str, Any]
    effective: dict[str, Any]
    missing: dict[str, Any]
    name: str
    runtime: str
    rights: list[RightView]


class PluginView(TypedDict):
    """A plugin with all it contributes and may do.

    ``health`` is its own word, if it has one; ``sandbox`` what a plugin of the runtime ``wasm`` may use and has used
    since it was loaded: tier, limits, calls, failures, processor seconds, host calls, denials, live instances.
    """

    name: str
    version: str
    state: Literal["enabled", "disabled", "broken"]
    runtime: str
    distribution: str
    built_in: bool
    description: str
    contributes: dict[str, list[str]]
    failures: int
    circuit: NotRequired[str | None]
    reason: NotRequired[str | None]
    delivered: NotRequired[str | None]
    contributions: dict[str, list[ContributionView]]
    permissions: PermissionsView
    health: HealthView | None
    sandbox: NotRequired[dict[str, Any] | None]
    siblings: NotRequired[SiblingsView | None]


class ResponseBody(TypedDict):
    """A response's request. What is not listed is refused by its name."""

    model: str
    """An agent, an alias, or `<provider>/<model>`."""
    input: (
        str
        | list[MessageItemIn | FunctionCallIn | FunctionOutputIn | HostedCallIn | ApprovalIn | PassedOverIn | UnknownIn]
    )
    """Text, or items."""
    instructions: NotRequired[str | None]
    """For this response only."""
    previous_response_id: NotRequired[str | None]
    """The stored response to continue."""
    conversation: NotRequired[str | ConversationIn | None]
    """The conversation (a thread) to continue."""
    store: NotRequired[bool | None]
    """Keep the response for 30 days, to be read and continued: the default."""
    stream_options: NotRequired[StreamOptionsIn | None]
    """Passed over: nothing is obfuscated."""
    background: NotRequired[bool | None]
    """Answer at once and work on. Agents only, and not with `stream`."""
    tools: NotRequired[list[FunctionToolIn] | None]
    """Functions of the client's. Not for agents, which call their own."""
    tool_choice: NotRequired[Literal["auto", "none", "required"] | NamedToolIn | AllowedToolsIn | None]
    """Not for agents."""
    parallel_tool_calls: NotRequired[bool | None]
    """Passed to the model's vendor. Not for agents."""
    text: NotRequired[TextSettingsIn | None]
    max_output_tokens: NotRequired[int | None]
    """Not for agents."""
    temperature: NotRequired[float | None]
    """Not for agents."""
    top_p: NotRequired[float | None]
    """Not for agents."""
    reasoning: NotRequired[ReasoningIn | None]
    """`effort` is passed to the model's vendor. Not for agents."""
    truncation: NotRequired[Literal["disabled"] | None]
    top_logprobs: NotRequired[Literal[0] | None]
    include: NotRequired[
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
    ]
    """Passed over: images are always told, and there is none of the rest."""
    metadata: NotRequired[dict[str, str] | None]
    user: NotRequired[str | None]
    """Passed to the model's vendor."""
    safety_identifier: NotRequired[str | None]
    """Passed to the model's vendor."""
    prompt_cache_key: NotRequired[str | None]
    """Passed to the model's vendor."""
    prompt_cache_retention: NotRequired[str | None]
    """Passed over."""
    service_tier: NotRequired[str | None]
    """Passed to the model's vendor."""


class RunBody(TypedDict):
    """What is asked of an agent."""

    input: str | list[MessageIn]
    """Text, or messages in the shape of chat completions."""
    thread_id: NotRequired[str | None]
    """The conversation to continue; it is made when it is new."""
    output_schema: NotRequired[dict[str, Any] | None]
    """JSON Schema the answer must satisfy."""
    limits: NotRequired[RunLimits | None]
    """Narrower limits for this run."""
    metadata: NotRequired[dict[str, Any]]
    """Anything; it is kept with the run."""


class RunResultView(TypedDict):
    """How a run stands when it stops."""

    run_id: str
    agent: str
    status: Literal["running", "suspended", "completed", "failed", "cancelled", "interrupted"]
    text: str
    usage: UsageView
    steps: int
    messages: list[MessageView]
    thread_id: NotRequired[str | None]
    output: NotRequired[Any]
    pending: NotRequired[list[PendingView] | None]


class RunSummary(TypedDict):
    """A run, as lists show it. Times are seconds since the epoch."""

    id: str
    agent: str
    status: Literal["running", "suspended", "completed", "failed", "cancelled", "interrupted"]
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


class RunView(TypedDict):
    """A run with its messages."""

    id: str
    agent: str
    status: Literal["running", "suspended", "completed", "failed", "cancelled", "interrupted"]
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
    messages: list[MessageView]


class SpentByPeriod(TypedDict):
    """What was spent today, this month, and ever."""

    day: SpentView
    month: SpentView
    total: SpentView


class AgentDetail(TypedDict):
    """An agent, and what it has when it runs."""

    id: str
    description: str
    model: str | list[str] | None
    tools: list[str]
    processors: list[str]
    memory: list[str]
    approve: list[str]
    effective: EffectiveAgent


class ChatBody(TypedDict):
    """A chat completion request.

    What would change the answer and is not served is refused by its name; what else is not listed is passed over.
    """

    model: str
    """An agent, an alias, or `<provider>/<model>`."""
    messages: list[MessageIn]
    stream_options: NotRequired[StreamOptions | None]
    temperature: NotRequired[float | None]
    top_p: NotRequired[float | None]
    max_tokens: NotRequired[int | None]
    max_completion_tokens: NotRequired[int | None]
    stop: NotRequired[str | list[str] | None]
    seed: NotRequired[int | None]
    n: NotRequired[Literal[1] | None]
    tools: NotRequired[list[ToolIn] | None]
    tool_choice: NotRequired[Literal["auto", "none", "required"] | NamedTool | None]
    response_format: NotRequired[FormatIn | None]
    metadata: NotRequired[dict[str, str] | None]
    logprobs: NotRequired[Literal[False] | None]
    top_logprobs: NotRequired[Literal[0] | None]
    modalities: NotRequired[list[Literal["text"]] | None]
    audio: NotRequired[None]
    """Not served, nor are the next four."""
    functions: NotRequired[None]
    function_call: NotRequired[None]
    prediction: NotRequired[None]
    web_search_options: NotRequired[None]


class ConversationBody(TypedDict):
    """A new conversation, with its first items."""

    items: NotRequired[
        list[MessageItemIn | FunctionCallIn | FunctionOutputIn | HostedCallIn | ApprovalIn | PassedOverIn | UnknownIn]
        | None
    ]
    metadata: NotRequired[dict[str, str] | None]


class ItemsBody(TypedDict):
    """Items to add to the end."""

    items: list[
        MessageItemIn | FunctionCallIn | FunctionOutputIn | HostedCallIn | ApprovalIn | PassedOverIn | UnknownIn
    ]


class MessageViewList(TypedDict):
    data: list[MessageView]


class RunSummaryPage(TypedDict):
    data: list[RunSummary]
    has_more: bool
    next_cursor: str | None


class SpendingView(TypedDict):
    """What a caller spent on models. ``caller`` is the credential it shows, or ``<tenant>/<id>``."""

    caller: str
    periods: SpentByPeriod
    budget: BudgetView | None


class SpendingViewPage(TypedDict):
    data: list[SpendingView]
    has_more: bool
    next_cursor: str | None
