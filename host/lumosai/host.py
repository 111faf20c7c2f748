"""The host: one object that holds plugins, agents, runs and storage together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lumosai.agents.agent import Agent, output_schema
from lumosai.agents.plan import Planner, tool_spec
from lumosai.agents.versions.service import Versions
from lumosai.config.changes import merged
from lumosai.config.load import Loaded, load
from lumosai.config.model import Config
from lumosai.events.bus import EventBus
from lumosai.events.monitors import MonitorHub
from lumosai.plugins.generation import Generation
from lumosai.plugins.manager import PluginManager
from lumosai.plugins.registry import Entry
from lumosai.plugins.revoking import Refresher
from lumosai.plugins.watch import Watcher, installed_folders
from lumosai.routing.circuit import Circuits
from lumosai.routing.failover import Failover
from lumosai.routing.route import Target
from lumosai.routing.unheard import Unheard
from lumosai.runs.hostid import host_id, is_alive
from lumosai.runs.loop import Loop
from lumosai.runs.model_call import found, guarded
from lumosai.runs.models import ModelCaller
from lumosai.runs.recorder import Recorder
from lumosai.runs.service import Runs
from lumosai.runs.state import OnPending
from lumosai.runs.tools import ToolCaller, authorize
from lumosai.services.trusted import Trusted
from lumosai.spending.ledger import Ledger
from lumosai.spending.spending import Spending, tokens_of
from lumosai.validation import Validator
from lumosai.version import __version__
from lumosai_sdk.errors import ConflictError, InputError, LumosError, Suspend
from lumosai_sdk.kinds.provider import EmbeddingProvider
from lumosai_sdk.kinds.storage import Storage
from lumosai_sdk.types.auth import LOCAL, Principal
from lumosai_sdk.types.caller import RUN
from lumosai_sdk.types.events import Event, HostStarted, HostStopping
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import EmbeddingRequest, EmbeddingResponse, ModelInfo, Usage
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.processors import RunInfo
from lumosai_sdk.types.runs import Decision, Limits, RunRequest, RunResult
from lumosai_sdk.types.tools import ToolContext


class Host:
    """A running host. Open it with ``async with Host() as host`` and run agents with ``await host.run(…)``.

    *config* is a Config, a path to a ``lumos.toml``, or None for the one that is found (or the defaults);
    *agents* are added to the configured ones, *monitors* (ids) too; *safe_mode* leaves third-party plugins out.
    """

    def __init__(
        self,
        config: Config | Loaded | str | Path | None = None,
        *,
        agents: Iterable[Agent] = (),
        monitors: Iterable[str] = (),
        safe_mode: bool = False,
    ) -> None:
        self.loaded = _loaded(config)
        self.config = self.loaded.config
        self.bus = EventBus()
        self.monitors = MonitorHub()
        self._more_monitors = tuple(monitors)
        self.agents: dict[str, Agent] = {i: Agent.from_config(i, c) for i, c in self.config.agents.items()}
        self.agents.update((a.id, a) for a in agents)
        self._circuits = Circuits(), Circuits()  # a model that embeds no more may still chat
        self.spending = Spending(lambda: self.config, Ledger(warn=self.bus.warn))
        self.services = Trusted(self)
        self.versions = Versions(self)
        self.plugins = PluginManager(self.bus, self.loaded, safe_mode=safe_mode, services=self.services)
        self.registry = self.plugins.registry
        self.storage: Storage
        self.runs: Runs
        self._inline = inline_generation()
        self.replica = 0
        """Which of the processes of one service this is: what is to be done or told once, the first one does."""
        self._reloading = asyncio.Lock()
        self._waiting: tuple[str, ...] = ()

    # --- life

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def start(self) -> None:
        """Load the plugins that are needed now and get ready. Raises ConfigError, PluginError for what must work."""
        self.bus.hooks = self.plugins.hooks
        self.bus.listen(self.monitors.push)
        self.services.start()
        try:
            await self.plugins.start()
            self._wire()
            self._attach_monitors()
            self.plugins.on_change = self._attach_monitors
            await self._sweep()
        except BaseException:
            await self.plugins.aclose()
            raise
        self.bus.publish(HostStarted(at=time.time(), version=__version__, plugins=len(self.plugins.plugins)))

    def _wire(self) -> None:
        storage = self.registry.get("storage", self.config.storage.use)
        self.storage = storage.obj
        self.plugins.hold(storage.generation.name)
        self.recorder = Recorder(self.storage, self.config.storage, host_id(), self.bus)
        loop, hooks = self._equip(), self.plugins.hooks
        self.runs = Runs(self.agents, self.versions, self.planner, loop, self.recorder, self.bus, hooks, self.config)

    def _equip(self) -> Loop:
        """Make ready what runs go by, from the configuration as it is now."""
        hooks = self.plugins.hooks
        self.planner = Planner(self.registry, self._inline, self.config.models, self.config.limits.narrow())
        self.tools = ToolCaller(hooks, self.config.limits)
        self.failover, self._embedding = (Failover(self.config.limits.retries, c) for c in self._circuits)
        models = ModelCaller(self.registry, hooks, self.config, self.failover, self.spending)
        return Loop(models, self.tools, self.config.limits, self.recorder.progress)

    async def _sweep(self) -> None:
        """Mark the runs that died with an earlier host; a store that is busy must not keep this one from starting."""
        try:
            if count := await self.recorder.mark_interrupted(is_alive):
                self.bus.warn(f"{count} runs had died with their host; they are marked interrupted")
        except LumosError as e:
            self.bus.warn(f"runs that died with their host could not be marked: {e.message}")

    def add_monitor(self, monitor_id: str) -> None:
        """Send events to one more monitor from now on."""
        self._more_monitors = (*self._more_monitors, monitor_id)
        self._attach_monitors()

    def _attach_monitors(self) -> None:
        entries: list[Entry] = []
        for monitor_id in dict.fromkeys((*self._more_monitors, *self.config.host.monitors)):
            entry = self.registry.find("monitor", monitor_id)
            if entry is None:
                self.bus.warn(f"[host] monitors: there is no monitor {monitor_id!r} now")
            else:
                entries.append(entry)
        self.monitors.set_entries(entries)

    async def aclose(self) -> None:
        """Stop: monitors and storage get what is still on its way, plugins are told and closed."""
        self.bus.publish(HostStopping(at=time.time()))
        if hasattr(self, "runs"):  # a host may be closed that never came up
            await self.runs.aclose()
        await self.spending.ledger.aclose()
        await self.monitors.aclose()
        await self.plugins.aclose()
        await self._inline.retire(drain=0.0)

    async def reload_config(self) -> None:
        """Read ``lumos.toml`` again and take over what can change meanwhile. Raises ConfigError; then all stays.

        What it stands on (``config.changes``) holds from the next start. Runs under way go on as they began.
        """
        async with self._reloading:
            fresh = load(self.loaded.path) if self.loaded.path else self.loaded
            config, waiting = merged(self.config, fresh.config)
            gone = {i for i in self.config.agents if i not in config.agents}
            await self.plugins.configure(config.plugins)
            for agent_id in gone:
                self.agents.pop(agent_id, None)
            self.agents.update((i, Agent.from_config(i, c)) for i, c in config.agents.items())
            self.loaded, self.config = Loaded(config, self.loaded.path), config
            loop = self._equip()
            self.runs.equip(self.planner, loop, config)
            self._attach_monitors()
            if waiting and waiting != self._waiting:
                self.tell(f"{', '.join(waiting)}: what is new there holds from the next start")
            self._waiting = waiting

    def tell(self, text: str) -> None:
        """Tell an operator what concerns all processes of a service: the first of them does."""
        if not self.replica:
            self.bus.warn(text)

    async def watch(self) -> None:
        """Follow installs, upgrades, removals, revocations of plugins and changes of ``lumos.toml``, until cancelled.

        What the indexes of installed plugins revoke is asked for now and then.
        """
        delivered = self.loaded.delivered
        watcher = Watcher(
            installed_folders(),
            self.loaded.path,
            written=(Path(delivered.lock), Path(delivered.revoked)),
            on_plugins=self.plugins.refresh,
            on_config=self.reload_config,
            on_error=self.tell,
        )
        if self.replica:  # what the first one learns, it writes down where the others see it
            await watcher.run()
            return
        refreshing = asyncio.create_task(self._refresher().run(), name="lumos-revocations")
        try:
            await watcher.run()
        finally:
            refreshing.cancel()

    def _refresher(self) -> Refresher:
        interval = self.config.marketplace.refresh
        on_fresh, on_error = self.plugins.reconsider, self.bus.warn
        return Refresher(self.loaded.delivered, interval, on_fresh=on_fresh, on_error=on_error)

    # --- agents

    def add(self, agent: Agent) -> Agent:
        """Add or replace an agent."""
        self.agents[agent.id] = agent
        return agent

    async def run(
        self,
        agent: str | Agent,
        input: str | Sequence[Message],  # noqa: A002 - the field's word
        *,
        thread: str | None = None,
        output: Any = None,
        limits: Limits | None = None,
        on_pending: OnPending | None = None,
        principal: Principal = LOCAL,
        metadata: Mapping[str, Any] | None = None,
    ) -> RunResult:
        """Run an agent and return its result, completed or suspended. Raises LumosError when it fails."""
        request = self._request(agent, input, thread, output, limits, principal, metadata)
        return await self.runs.run(request, on_pending)

    def stream(
        self,
        agent: str | Agent,
        input: str | Sequence[Message],  # noqa: A002 - the field's word
        *,
        thread: str | None = None,
        output: Any = None,
        limits: Limits | None = None,
        on_pending: OnPending | None = None,
        principal: Principal = LOCAL,
        metadata: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Event]:
        """Run an agent and yield its events as they happen. Closing the iterator cancels the run."""
        request = self._request(agent, input, thread, output, limits, principal, metadata)
        return self.runs.stream(request, on_pending)

    def _request(
        self,
        agent: str | Agent,
        input: str | Sequence[Message],  # noqa: A002 - the field's word
        thread: str | None,
        output: Any,
        limits: Limits | None,
        principal: Principal,
        metadata: Mapping[str, Any] | None,
    ) -> RunRequest:
        agent_id = agent if isinstance(agent, str) else self._known(agent)
        return RunRequest(agent_id, input, thread, None, output_schema(output), limits, principal, metadata or {})

    def _known(self, agent: Agent) -> str:
        if self.agents.get(agent.id) is not agent:
            self.add(agent)
        return agent.id

    async def resume(
        self, run_id: str, decisions: Mapping[str, Decision], *, principal: Principal = LOCAL
    ) -> RunResult:
        """Go on with a suspended run, with a person's decisions by call id. Raises LumosError."""
        return await self.runs.resume(run_id, decisions, principal=principal)

    async def cancel(self, run_id: str, *, principal: Principal = LOCAL) -> None:
        """Cancel a run. Raises NotFoundError, ConflictError."""
        await self.runs.cancel(run_id, principal)

    # --- tools and models

    async def call_tool(self, tool: str, arguments: Mapping[str, Any], *, principal: Principal = LOCAL) -> Any:
        """Call a tool directly and return its JSON value. Raises InputError for unfit arguments, LumosError."""
        await authorize(self.plugins.hooks, principal, "tool.call", tool)
        entry = self.registry.get("tool", tool)
        spec = tool_spec(entry)
        if errors := Validator(spec.input_schema).errors(dict(arguments)):
            raise InputError(f"the arguments of {tool!r} do not fit: {'; '.join(errors)}", hint=f"lumos tools {tool}")
        context = ToolContext(principal=principal, permissions=entry.generation.context.permissions)
        obj = entry.obj
        timeout = spec.timeout or self.config.limits.tool_timeout
        before = RUN.set(RunInfo(principal=principal))
        try:
            return await entry.generation.guard(f"tool {tool!r}", lambda: obj.call(dict(arguments), context), timeout)
        except Suspend as e:
            raise ConflictError(
                f"the tool {tool!r} asks: {e.question}", hint="questions are answered in the run of an agent"
            ) from None
        finally:
            RUN.reset(before)

    async def embed(
        self,
        inputs: Sequence[str],
        *,
        model: str | None = None,
        dimensions: int | None = None,
        principal: Principal = LOCAL,
    ) -> EmbeddingResponse:
        """Return one vector a text, shortened to *dimensions* where the model can. Raises LumosError.

        The answer's ``model`` is the one that gave it.
        """
        route = self.planner.names.route(model or self.config.models.embedding)
        await self.spending.check(principal)
        attempt = partial(self._embedded, inputs, dimensions)
        response = await self._embedding.ask(route, attempt, Unheard(self.bus))
        # A server that does not count lets nobody off.
        used = response.usage if response.usage.total_tokens else Usage(tokens_of(sum(map(len, inputs))))
        return replace(response, usage=self.spending.spent(principal, response.model, used))

    async def _embedded(self, inputs: Sequence[str], dimensions: int | None, target: Target) -> EmbeddingResponse:
        entry, name = found(self.registry, target.ref)
        provider = entry.obj
        if not isinstance(provider, EmbeddingProvider):
            raise InputError(f"{target.ref} makes no embeddings: {entry.id!r} has no model that does")
        limit = target.timeout or self.config.limits.model_timeout
        request = EmbeddingRequest(name, inputs, dimensions, limit)

        async def call() -> EmbeddingResponse:
            response: object = await provider.embed(request)
            if not isinstance(response, EmbeddingResponse):
                raise TypeError(f"embed() returned {type(response).__name__}, not an EmbeddingResponse")
            return replace(response, model=target.ref)

        return await guarded(entry, name, call, limit)

    async def models(self) -> list[tuple[str, ModelInfo]]:
        """Return ``(provider id, model)`` of every model; a provider that cannot be asked is reported and left out."""
        found = await asyncio.gather(*(self._models_of(e) for e in self.registry.entries("provider")))
        return [pair for pairs in found for pair in pairs]

    async def _models_of(self, entry: Entry) -> list[tuple[str, ModelInfo]]:
        try:
            models = await entry.generation.guard(f"provider {entry.id!r}", entry.obj.models, 15.0)
        except LumosError as e:
            self.bus.warn(f"the models of {entry.id!r} are not known: {e.message}")
            return []
        return [(entry.id, m) for m in models]


def inline_generation() -> Generation:
    """Return the stand-in plugin that functions given to agents in code belong to."""
    record = {"name": "app", "dist": "app", "package": "", "runtime": "python", "contributes": {}}
    return Generation(record, PluginContext("app"), lambda *_: None)


def _loaded(config: Config | Loaded | str | Path | None) -> Loaded:
    if isinstance(config, Loaded):
        return config
    if isinstance(config, Config):
        return Loaded(config, None)
    return load(config)
