"""What is worked out once for an agent and used by all of its runs, until the registry changes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from lumosai.agents.agent import Agent, ToolLike, output_schema
from lumosai.agents.leave import Leave, conditions, fits, glob, needs_leave
from lumosai.agents.limits import narrowed
from lumosai.config.model import ModelsConfig
from lumosai.plugins.generation import Generation
from lumosai.plugins.registry import Entry, Registry
from lumosai.routing.route import Names, Route
from lumosai.validation import Validator
from lumosai_sdk.errors import ConfigError, InputError, LumosError, NotFoundError
from lumosai_sdk.functions import FunctionTool
from lumosai_sdk.kinds.tool import Tool
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import OutputSchema
from lumosai_sdk.types.processors import Phase
from lumosai_sdk.types.runs import Limits
from lumosai_sdk.types.tools import ToolSpec

_VARIANTS = 64
"""Plans that are kept for one agent."""
_DECLARED = ("description", "input_schema", "output_schema", "approval", "timeout", "side_effects")


@dataclass(slots=True)
class BoundTool:
    """A tool of an agent. ``find`` returns its entry as it is now: a swap between two calls is seen at once."""

    spec: ToolSpec
    name: str
    find: Callable[[], Entry]
    approval: bool
    conditions: tuple[Leave, ...] = ()
    _validator: Validator | None = None

    def needs_leave(self, arguments: Mapping[str, Any]) -> bool:
        """Tell whether a call with these arguments waits for a person."""
        return self.approval or any(c.wanted(arguments) for c in self.conditions)

    @property
    def validator(self) -> Validator:
        if self._validator is None:
            self._validator = Validator(self.spec.input_schema)
        return self._validator


@dataclass(slots=True)
class Plan:
    """An agent made ready."""

    agent: Agent
    version: int
    route: Route
    system: Message | None
    output: OutputSchema | None
    limits: Limits
    specs: tuple[ToolSpec, ...] = ()
    by_name: dict[str, BoundTool] = field(default_factory=dict)
    processors: dict[Phase, tuple[Callable[[], Entry], ...]] = field(default_factory=dict)
    memory: tuple[Callable[[], Entry], ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        return self.route.refs


class Planner:
    """Makes plans and keeps them while they hold."""

    def __init__(self, registry: Registry, inline: Generation, models: ModelsConfig, limits: Limits) -> None:
        self._registry = registry
        self._inline = inline
        self._default = models.default
        self.names = Names(models)
        self._limits = limits
        self._plans: dict[str, list[Plan]] = {}

    def plan(self, agent: Agent) -> Plan:
        """Return the agent's plan. Raises NotFoundError, ConfigError, PluginError for what it names and cannot have."""
        plans = self._plans.get(agent.id, ())
        if plans and (plan := plans[0]).agent is agent and plan.version == self._registry.version:
            return plan
        return self._looked_up(agent)

    def _looked_up(self, agent: Agent) -> Plan:
        """Return the plan of an agent that was not the last one asked for by its id: it has variants, or is new."""
        holds = [p for p in self._plans.get(agent.id, ()) if p.version == self._registry.version]
        plan = next((p for p in holds if p.agent == agent), None) or self._make(agent)
        self._plans[agent.id] = [plan, *(p for p in holds if p is not plan)][:_VARIANTS]
        return plan

    def resolve(self, model: str) -> str:
        """Return what an alias stands for, of a route its first model. Raises NotFoundError for what is neither."""
        return self.names.ref(model)

    def _make(self, agent: Agent) -> Plan:
        version = self._registry.version
        plan = Plan(
            agent,
            version,
            self.names.chain(agent.models(self._default)),
            Message.system(agent.instructions) if agent.instructions else None,
            output_schema(agent.output),
            narrowed(self._limits, agent.limits),
        )
        memory = [self._registry.get("memory", m) for m in agent.memory]
        for tool in (*agent.tools, *(t for m in memory for t in m.data.get("tools", ()))):
            for bound in self._bind(tool, agent):
                self._put(plan, bound)
        _check_approve(agent, plan.by_name.values())
        plan.specs = tuple(replace(b.spec, id=b.name) for b in plan.by_name.values())
        plan.processors = self._processors(agent)
        plan.memory = tuple(partial(self._registry.get, "memory", m.id) for m in memory)
        # Deriving a schema may have loaded a plugin and changed the version; the plan holds for what it has seen.
        plan.version = self._registry.version
        return plan

    def _put(self, plan: Plan, bound: BoundTool) -> None:
        other = plan.by_name.get(bound.name)
        if other is not None and other.spec.id != bound.spec.id:
            raise ConfigError(
                f"agent {plan.agent.id!r}: the tools {other.spec.id!r} and {bound.spec.id!r} have one name for models"
            )
        plan.by_name[bound.name] = bound

    def _bind(self, tool: ToolLike, agent: Agent) -> Iterator[BoundTool]:
        if isinstance(tool, str):
            for entry in self._matching(tool):
                yield self._contributed(entry, agent)
            return
        yield self._inlined(tool, agent)

    def _matching(self, pattern: str) -> list[Entry]:
        if "*" not in pattern:
            return [self._registry.get("tool", pattern)]
        found = [e for e in self._registry.entries("tool") if fnmatchcase(e.id, pattern)]
        if not found:
            raise NotFoundError("tool", pattern, self._registry.ids("tool"))
        return found

    def _contributed(self, entry: Entry, agent: Agent) -> BoundTool:
        spec = tool_spec(entry)
        tool_id = entry.id
        return BoundTool(
            spec,
            spec.name,
            lambda: self._registry.get("tool", tool_id),
            needs_leave(spec, agent),
            conditions(spec, agent),
        )

    def _inlined(self, tool: Tool | Callable[..., Any], agent: Agent) -> BoundTool:
        made = tool if isinstance(tool, Tool) else FunctionTool.of(tool) if inspect.isroutine(tool) else None
        if made is None:
            raise InputError(
                f"agent {agent.id!r}: {tool!r} is no tool: give an id, a function, or an object with spec and call"
            )
        data = {"id": made.spec.id, "target": f"inline:{agent.id}:{made.spec.id}"}
        self._inline.put(data["target"], made)
        entry = Entry("tool", made.spec.id, data, self._inline)
        spec = made.spec
        return BoundTool(spec, spec.name, lambda: entry, needs_leave(spec, agent), conditions(spec, agent))

    def _processors(self, agent: Agent) -> dict[Phase, tuple[Callable[[], Entry], ...]]:
        out: dict[Phase, tuple[Callable[[], Entry], ...]] = {}
        for processor_id in agent.processors:
            find = partial(self._registry.get, "processor", processor_id)
            entry = find()
            for phase in entry.data.get("phases") or entry.obj.phases:
                out[phase] = (*out.get(phase, ()), find)
        return out


def tool_spec(entry: Entry) -> ToolSpec:
    """Return a contributed tool's spec: the manifest's word first, then the code's (which loads it)."""
    declared = {k: entry.data[k] for k in _DECLARED if entry.data.get(k) not in (None, "")}
    if "input_schema" in declared:
        return ToolSpec(id=entry.id, **declared)
    # A manifest that says nothing of these must not soften what the code says.
    declared = {k: v for k, v in declared.items() if v not in ("never", False)}
    derived: ToolSpec = entry.obj.spec
    return replace(derived, id=entry.id, **declared)


def tool_view(entry: Entry) -> dict[str, Any]:
    """Return a contributed tool with its plugin. Raises PluginLoadError."""
    return {**tool_spec(entry).to_json(), "plugin": entry.generation.name}


def listed_tool(entry: Entry) -> dict[str, Any]:
    """Return a tool as lists show it; one that cannot be loaded has an ``error`` and takes no list away."""
    try:
        return tool_view(entry)
    except LumosError as e:
        return {
            "id": entry.id,
            "plugin": entry.generation.name,
            "description": entry.data.get("description", ""),
            "input_schema": {},
            "approval": entry.data.get("approval", "never"),
            "side_effects": entry.data.get("side_effects", False),
            "error": e.to_json(),
        }


def _check_approve(agent: Agent, tools: Collection[BoundTool]) -> None:
    """Raise ConfigError for a rule that fits no tool: one with a slip in it would leave its tool without leave."""
    for pattern in map(glob, agent.approve):
        if pattern != "*" and not any(fits(t.spec, pattern) for t in tools):
            have = ", ".join(t.spec.id for t in tools) or "none"
            raise ConfigError(
                f"agent {agent.id!r}: approve {pattern!r} fits none of its tools; it has: {have}",
                hint=f"mend it, or take it out of approve in [agents.{agent.id}]",
            )
