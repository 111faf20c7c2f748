"""An agent as its author describes it, in code or in ``lumos.toml``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lumosai.agents.leave import Rule, rules
from lumosai.agents.variants import Variants
from lumosai_sdk.kinds.tool import Tool
from lumosai_sdk.schema import type_schema
from lumosai_sdk.types.models import OutputSchema
from lumosai_sdk.types.runs import Limits, RunRequest

if TYPE_CHECKING:
    from lumosai.config.model import AgentConfig

NOT_NARROWED = Limits()
ToolLike = str | Tool | Callable[..., Any]
Adapt = Callable[["Agent", RunRequest], "Agent"]


@dataclass(frozen=True, slots=True)
class Agent:
    """A model with instructions and tools.

    ``model`` is ``<provider>/<model>`` or an alias, several are fallbacks in order, None is the host's default.
    ``tools`` are ids of contributed tools (``time.*`` is all of a plugin's) or plain functions. ``approve`` lists
    globs of tools whose every call needs a person's leave, and ``Leave`` for those of which some do. ``output`` is a
    type or JSON Schema the answer must satisfy. ``memory`` are ids of its memories, which make something of the last
    ``history`` messages of the thread, in order. ``version_of`` is the id of the agent that this is a version of.
    ``adapt`` returns the agent as it answers a request, such as ``replace(agent, model=…)`` for one tenant: it is asked
    at the start of each run, and again when one is resumed, must be quick, and should return equal agents for the same
    tenant, person and metadata.
    """

    id: str
    model: str | Sequence[str] | None = None
    instructions: str = ""
    tools: Sequence[ToolLike] = ()
    description: str = ""
    processors: Sequence[str] = ()
    memory: Sequence[str] = ()
    approve: Sequence[Rule] = ()
    output: Any = None
    history: int = 40
    temperature: float | None = None
    max_tokens: int | None = None
    limits: Limits = NOT_NARROWED
    adapt: Adapt | None = None
    version_of: str = ""

    @property
    def name(self) -> str:
        """What plugins know it by: its id, or that of the agent it is a version of."""
        return self.version_of or self.id

    @classmethod
    def from_config(cls, id: str, config: AgentConfig, version_of: str = "") -> Agent:  # noqa: A002
        """Make an agent of its table in ``lumos.toml``."""
        agent = cls(
            id=id,
            model=config.model,
            instructions=config.instructions,
            tools=tuple(config.tools),
            description=config.description,
            processors=tuple(config.processors),
            memory=tuple(config.memory),
            approve=rules(config.approve),
            output=config.output_schema,
            history=config.history,
            temperature=config.temperature,
            max_tokens=config.max_tokens,
            limits=config.limits.narrow(),
            version_of=version_of,
        )
        return replace(agent, adapt=Variants(agent, config.variants)) if config.variants else agent

    def models(self, default: str) -> tuple[str, ...]:
        """Return the model references in order of preference."""
        if self.model is None:
            return (default,)
        return (self.model,) if isinstance(self.model, str) else tuple(self.model)

    def to_json(self) -> dict[str, Any]:
        """Return the agent as listings show it."""
        return {
            "id": self.id,
            "description": self.description,
            "model": self.model if self.model is None or isinstance(self.model, str) else list(self.model),
            "tools": [t if isinstance(t, str) else getattr(t, "__name__", type(t).__name__) for t in self.tools],
            "processors": list(self.processors),
            "memory": list(self.memory),
            "approve": [str(r) for r in self.approve],
        }


def output_schema(output: Any) -> OutputSchema | None:
    """Return the schema of a type, a JSON Schema, or None. Raises SchemaError."""
    if output is None or isinstance(output, OutputSchema):
        return output
    if isinstance(output, Mapping):
        return OutputSchema(output)
    return OutputSchema(type_schema(output), getattr(output, "__name__", "output").lower())
