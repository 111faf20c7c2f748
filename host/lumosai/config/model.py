"""The shape of ``lumos.toml``. Every key has a default: no file at all is a working configuration."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from lumosai_sdk.errors import InputError
from lumosai_sdk.manifest import ResourceLimits
from lumosai_sdk.permissions import Permissions
from lumosai_sdk.types.auth import Budget, Period
from lumosai_sdk.types.runs import Limits
from lumosai_sdk.types.sandbox import Tier

MODEL_REF = r"^[a-z][a-z0-9._-]*/\S+$|^[A-Za-z0-9_-]+$"
ORIGIN = r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
AGENT_ID = r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"

ModelRef = Annotated[str, Field(pattern=MODEL_REF, max_length=256)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HostConfig(_Section):
    """The host itself."""

    default_agent: str = Field(
        "assistant", description="The agent `lumos run` and `lumos chat` use when none is named."
    )
    data_dir: Path | None = Field(None, description="Where data are kept; default: `.lumos` beside the configuration.")
    plugin_paths: list[Path] = Field([], description="Folders whose packages with a manifest are plugins, uninstalled.")
    monitors: list[str] = Field([], description="Ids of the monitors that receive events.")
    safe_mode: bool = Field(False, description="Start with the built-in plugins only.")
    log: Literal["text", "json"] = Field(
        "text", description="How `lumos up` writes its log: for people, or as JSON, one object a line."
    )


class CallLimits(_Section):
    """How much one caller may ask."""

    rate: Positive = Field(100.0, description="Requests a second, in the long run.")
    burst: Count = Field(200, description="Requests that may come at once.")
    concurrency: Count = Field(100, description="Requests, streams among them, that may be under way at a time.")


class ServerLimits(_Section):
    """How much callers may ask of the HTTP service, in all its workers together; who asks too much is answered 429.

    ``rate`` is requests a second in the long run, ``burst`` how many may come at once, ``concurrency`` how many may be
    under way at a time, streams among them. Without authentication nobody is counted: whoever reaches the loopback
    address is the owner.
    """

    caller: CallLimits = Field(
        CallLimits(), description="Who is known, for each key or token subject; a key may have limits of its own."
    )
    address: CallLimits = Field(
        CallLimits(rate=10, burst=50, concurrency=50),
        description="Who is not known, for each address: what failed to authenticate, and the health.",
    )


class BudgetsConfig(_Section):
    """What each caller may spend on models, directly or through agents, that has no budget of its own.

    Counted for each key or token subject, by all processes that share the storage; who has spent it is answered 429
    ``budget_exceeded`` until the period (UTC) ends.
    """

    tokens: Count | None = Field(None, description="Tokens in and out.")
    cost: Positive | None = Field(None, description="US dollars, by `[models.prices]`.")
    period: Period = Field("month", description="`day`, `month` or `total`.")

    @property
    def budget(self) -> Budget | None:
        return None if self.tokens is None and self.cost is None else Budget(self.tokens, self.cost, self.period)


class CorsConfig(_Section):
    """Pages of other origins that may call the service from a browser."""

    origins: list[str] = Field([], description="Their origins, such as `https://app.example`; `*` is every one.")
    credentials: bool = Field(False, description="Let browsers send cookies along; not with `*`.")
    max_age: Annotated[int, Field(ge=0, le=86_400)] = Field(600, description="Seconds a browser may remember this.")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        for origin in self.origins:
            if origin != "*" and not re.fullmatch(ORIGIN, origin):
                raise ValueError(f"{origin!r} is no origin: write scheme://host[:port], in lower case, without a path")
        if "*" in self.origins and self.credentials:
            raise ValueError("every origin, with credentials, would let any page act for whoever looks at it")
        return self


class ServerConfig(_Section):
    """The HTTP service."""

    host: str = Field("127.0.0.1", description="Address to listen on. Without authentication only loopback is allowed.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8642, description="Port to listen on; 0 picks a free one.")
    workers: Annotated[int, Field(ge=1, le=128)] = Field(
        1, description="Processes that serve: about one a core. With one there is no other process."
    )
    drain: Annotated[float, Field(ge=0, le=3600)] = Field(
        5.0, description="Seconds that requests and runs under way have to end when the service is told to stop."
    )
    connections: Count | None = Field(
        None,
        description="Connections each process holds at a time; who comes beyond is answered 503. Without it: as many "
        "as the process may have files open (`ulimit -n`), less some for what it works with.",
    )
    max_body: Count = Field(8 * 1024 * 1024, description="Largest request body, in bytes.")
    idempotency: Annotated[float, Field(ge=0, le=30 * 86_400)] = Field(
        86_400.0, description="Seconds for which requests with an `Idempotency-Key` are remembered; 0: they never are."
    )
    auth: list[str] = Field([], description="Ids of the authenticators that are asked who is calling, in order.")
    trusted_proxies: list[str] = Field(
        [], description="Addresses or networks of proxies whose `X-Forwarded-For` is believed; none is by default."
    )
    limits: ServerLimits = Field(ServerLimits(), description="How much callers may ask: see below.")
    budgets: BudgetsConfig = Field(BudgetsConfig(), description="What callers may spend on models: see below.")
    cors: CorsConfig = Field(CorsConfig(), description="Pages of other origins that may call: see below.")

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for text in value:
            try:
                ip_network(text)
            except ValueError:
                raise ValueError(f"{text!r} is no address and no network, such as 10.0.0.0/8") from None
        return value

    @model_validator(mode="after")
    def _closed_to_pages(self) -> Self:
        if "*" in self.cors.origins and not self.auth:
            raise ValueError("cors: every origin, without auth, would let any page act as the owner")
        return self


class StorageConfig(_Section):
    """Where threads, runs and events go."""

    use: str = Field("sqlite", description="Id of the storage.")
    vectors: str = Field("sqlite", description="Id of the vector store of memories and knowledge.")
    durable: bool = Field(True, description="Answer a run only when its record would survive a crash of the host.")
    events: bool = Field(True, description="Keep the events of each run.")


class RunLimits(_Section):
    """Narrower limits, for the runs of one agent or for one run: they never widen the host's."""

    steps: Count | None = Field(None, description="Model calls a run.")
    tokens: Count | None = Field(None, description="Tokens in and out a run.")
    seconds: Positive | None = Field(None, description="Seconds of wall time a run.")
    cost: Positive | None = Field(None, description="US dollars a run.")

    def narrow(self) -> Limits:
        """Return these four as the SDK knows them."""
        return Limits(self.steps, self.tokens, self.seconds, self.cost)


class LimitsConfig(RunLimits):
    """Limits of every run; an agent or a request may narrow the first four."""

    steps: Count = Field(16, description="Model calls a run.")
    seconds: Positive | None = Field(300.0, description="Seconds of wall time a run.")
    tool_timeout: Positive = Field(60.0, description="Seconds a tool may take.")
    parallel_tools: Count = Field(16, description="Tool calls of one model answer that are made at the same time.")
    tool_result: Count = Field(64 * 1024, description="Characters of a tool's result that the model gets to read.")
    model_timeout: Positive = Field(120.0, description="Seconds a model call may take.")
    retries: Annotated[int, Field(ge=0, le=10)] = Field(2, description="Times a failed model call is tried again.")
    repairs: Annotated[int, Field(ge=0, le=10)] = Field(
        2, description="Times an answer that misses its schema is sent back."
    )
    input: Count = Field(1_000_000, description="Characters of a request's input.")


class PriceConfig(_Section):
    """What a model costs, in US dollars a million tokens."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]
    cached: Annotated[float, Field(ge=0)] | None = None


class TargetConfig(_Section):
    """A model of a route."""

    model: ModelRef = Field(description="`<provider>/<model>`, or an alias.")
    weight: Annotated[float, Field(gt=0, le=1e6)] = Field(
        1.0, description="Its share of the requests, of a route whose strategy is `weighted`."
    )
    retries: Annotated[int, Field(ge=0, le=10)] | None = Field(
        None, description="Times a failed call is tried again before the next model is asked; default: the route's."
    )
    timeout: Positive | None = Field(None, description="Seconds a call may take; default: the route's.")


class RouteConfig(_Section):
    """Several models under one name: when one fails, the next is asked.

    A model that failed, tried again as often as `retries` says, is left alone for a while; then one request tries it
    again before the others do. So is one that says itself, with `Retry-After`, when it wants to be asked again.
    """

    targets: Annotated[list[ModelRef | TargetConfig], Field(min_length=1, max_length=32)] = Field(
        description="The models: `<provider>/<model>`, an alias, or a table with `model` and what is said of it alone."
    )
    strategy: Literal["order", "weighted"] = Field(
        "order", description="`order` asks the first that is well; `weighted` draws one, by weight."
    )
    retries: Annotated[int, Field(ge=0, le=10)] | None = Field(
        None, description="Times a failed call is tried again before the next is asked; default: `[limits] retries`."
    )
    timeout: Positive | None = Field(None, description="Seconds a call may take; default: `[limits] model_timeout`.")
    cooldown: Annotated[float, Field(ge=0, le=3600)] = Field(
        30.0, description="Seconds a model that failed is left alone; twice as long each time it fails again."
    )


ROUTE_NAME = r"^[A-Za-z0-9_-]{1,64}$"


class ModelsConfig(_Section):
    """Which models agents use."""

    default: ModelRef = Field(
        "local/smollm2", description="The model of agents that name none: `<provider>/<model>`, or an alias."
    )
    embedding: ModelRef = Field("local/minilm", description="The default embedding model.")
    aliases: dict[str, ModelRef] = Field({}, description="Short names for models.")
    routes: dict[Annotated[str, Field(pattern=ROUTE_NAME)], RouteConfig] = Field(
        {}, description="Names for several models, of which each takes over from the one before: see below."
    )
    prices: dict[str, PriceConfig] = Field({}, description="Prices by model, for cost limits and budgets.")

    @model_validator(mode="after")
    def _routed(self) -> Self:
        for name, route in self.routes.items():
            if name in self.aliases:
                raise ValueError(f"{name!r} is an alias and a route")
            for target in route.targets:
                wanted = target if isinstance(target, str) else target.model
                if "/" not in self.aliases.get(wanted, wanted):
                    raise ValueError(f"route {name!r}: {wanted!r} is no <provider>/<model> and no alias of one")
        return self


class ApproveConfig(_Section):
    """Calls of tools that need a person's leave by what they are called with."""

    tool: str = Field(description="Glob of the tools.")
    when: dict[str, Any] = Field(description="JSON Schema; calls whose arguments satisfy it need leave.")


class WhenConfig(_Section):
    """Which requests a variant is for: all that is said must fit."""

    tenant: list[str] = Field([], description="Globs, one of which the caller's tenant fits.")
    person: list[str] = Field([], description="Globs, one of which the caller's id fits.")
    metadata: dict[str, str | int | float | bool] = Field(
        {}, description="What the request's metadata must say. Callers write that themselves."
    )


class VariantConfig(_Section):
    """An agent as it is for some requests: what is said here stands in place of what the agent says."""

    when: WhenConfig = Field(description="For which requests.")
    instructions: str = Field("", description="The system prompt.")
    model: ModelRef | list[ModelRef] | None = Field(None, description="Its model, or several.")
    tools: list[str] = Field([], description="Ids of its tools.")
    processors: list[str] = Field([], description="Ids of its processors, in order.")
    memory: list[str] = Field([], description="Ids of its memories, in order.")
    approve: list[str | ApproveConfig] = Field(
        [], description="Tools (globs) of which each call needs a person's leave, or of which some do."
    )
    history: Annotated[int, Field(ge=0, le=10_000)] = Field(40, description="Messages of the thread it is shown.")
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(None, description="Its temperature.")
    max_tokens: Count | None = Field(None, description="Tokens of one answer.")


class AgentConfig(_Section):
    """An agent."""

    description: str = ""
    instructions: str = Field("", description="The system prompt.")
    model: ModelRef | list[ModelRef] | None = Field(
        None, description="Its model, or several: the next is used when one fails."
    )
    tools: list[str] = Field([], description="Ids of its tools; `time.*` is all of a plugin's.")
    processors: list[str] = Field([], description="Ids of its processors, in order.")
    memory: list[str] = Field([], description="Ids of its memories, in order.")
    approve: list[str | ApproveConfig] = Field(
        [], description="Tools (globs) of which each call needs a person's leave, or of which some do."
    )
    output_schema: dict[str, Any] | None = Field(None, description="JSON Schema its answers must satisfy.")
    history: Annotated[int, Field(ge=0, le=10_000)] = Field(40, description="Messages of the thread it is shown.")
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Count | None = None
    limits: RunLimits = RunLimits()
    variants: list[VariantConfig] = Field(
        [], description="What is different for some callers or requests; the first that fits holds."
    )


CEILINGS = ResourceLimits(
    time="60s",
    cpu="30s",
    memory="512MiB",
    arguments="4MiB",
    result="8MiB",
    log="1MiB",
    host_calls=10_000,
    concurrency=64,
    memories=8,
    tables=64,
    instances=64,
)


class SandboxConfig(_Section):
    """How plugins of the runtime `wasm` are held."""

    tier: Tier = Field(
        "jail", description="Where they run: in worker processes without rights, or in the host's own process."
    )
    without_jail: Literal["refuse", "degrade"] = Field(
        "refuse", description="Where the system cannot jail a process: refuse such plugins, or run them in process."
    )
    ceilings: ResourceLimits = Field(
        CEILINGS, description="What no manifest may exceed by itself; `[plugins.<name>.limits]` may."
    )
    cache: Path | None = Field(None, description="Where compiled code is kept; default: the user's cache folder.")

    @field_validator("ceilings")
    @classmethod
    def _ceilings(cls, v: ResourceLimits) -> ResourceLimits:
        """Keep the others where the owner moves one: without, a manifest could ask for anything of them."""
        return CEILINGS.model_copy(update=v.model_dump(exclude_none=True))


IndexUrl = Annotated[str, Field(pattern=r"^(https?://[^\s@]+)?$", max_length=2048)]
INDEXED = r"^[a-z][a-z0-9]{1,38}(/[a-z0-9-]{1,64})?$"


class MarketplaceConfig(_Section):
    """Where plugins are installed from. Who is trusted to have made them stands in `lumos-trust.toml`."""

    index: IndexUrl = Field("", description="The index of plugins that `indexes` gives no other.")
    indexes: dict[Annotated[str, Field(pattern=INDEXED)], IndexUrl] = Field(
        {}, description="The one index of a namespace (`acme`) or a plugin (`acme/weather`); no other is asked for it."
    )
    refresh: Annotated[float, Field(ge=0)] = Field(
        21_600.0,
        description="Seconds between two looks of a running host at what the indexes of its plugins revoke, give or"
        " take a quarter; 0: never. Only indexes that are trusted are asked.",
    )
    stale: Literal["warn", "refuse"] = Field(
        "warn",
        description="What becomes of plugins at the host's start when what their index revokes was not asked for longer"
        " than it says to go by it (a day or so): `refuse` leaves them off until it was.",
    )


class PluginConfig(_Section):
    """What the owner decides about a plugin."""

    enabled: bool = True
    tier: Tier | None = Field(None, description="Where a sandboxed plugin runs; default: `[sandbox] tier`.")
    limits: ResourceLimits = Field(ResourceLimits(), description="Limits instead of those its manifest asks for.")
    grant: dict[str, Any] = Field({}, description="What it is allowed, in the words of its manifest's permissions.")
    settings: dict[str, Any] = Field({}, description="Its own settings, checked against its manifest.")

    @field_validator("grant")
    @classmethod
    def _grant(cls, v: dict[str, Any]) -> dict[str, Any]:
        try:
            return Permissions.from_json(v).to_json()
        except InputError as e:
            raise ValueError(str(e)) from None


ASSISTANT = AgentConfig(
    description="A helpful assistant on the embedded model.",
    instructions="You are a helpful assistant. Answer briefly.",
    tools=["time.*", "calculator.*"],
)


class Config(BaseSettings):
    """A whole configuration. Environment variables override the file: ``LUMOS_SERVER__PORT=9000``."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="LUMOS_", env_nested_delimiter="__", case_sensitive=False
    )

    host: HostConfig = HostConfig()
    server: ServerConfig = ServerConfig()
    models: ModelsConfig = ModelsConfig()
    agents: Annotated[
        dict[Annotated[str, Field(pattern=AGENT_ID)], AgentConfig],
        Field(default_factory=lambda: {"assistant": ASSISTANT}),
    ]
    plugins: dict[str, PluginConfig] = {}
    storage: StorageConfig = StorageConfig()
    limits: LimitsConfig = LimitsConfig()
    sandbox: SandboxConfig = SandboxConfig()
    marketplace: MarketplaceConfig = MarketplaceConfig()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings passes all of them by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, key by key.

        One variable is never a whole section: ``LUMOS_MODELS`` names the folder of the embedded models.
        """
        if isinstance(env_settings, EnvSettingsSource):
            env_settings.env_vars = {k: v for k, v in env_settings.env_vars.items() if "__" in k}
        return env_settings, init_settings
