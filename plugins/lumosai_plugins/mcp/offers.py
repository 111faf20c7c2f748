"""What a server offers, in a form that can be compared, kept and shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

from lumosai_plugins.mcp.text import MAX_SCHEMA, canonical, clean, clean_json
from lumosai_sdk.errors import ToolError

if TYPE_CHECKING:
    from mcp_types import Tool

MAX_TOOLS = 512
MAX_NAME = 256


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool as its server describes it, cleaned, and the hash of all that was said of it, uncleaned.

    ``writes``: the server says that it changes something. That it says the contrary counts for nothing.
    """

    name: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any] | None
    writes: bool
    sha256: str

    @classmethod
    def of(cls, tool: Tool) -> Self:
        """Read a tool. Raises ToolError for one that no model should be shown."""
        said = tool.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"icons", "meta"})
        try:
            text = canonical(said)
            if len(text) > MAX_SCHEMA:
                raise ValueError(f"more than {MAX_SCHEMA} characters are said of it")
            if clean(tool.name, MAX_NAME) != tool.name or not tool.name:
                raise ValueError("its name is too long, or has characters in it that are not seen")
            schema, output = clean_json(tool.input_schema), clean_json(tool.output_schema)
        except (ValueError, RecursionError) as e:
            raise ToolError(f"the tool {clean(tool.name, 64)!r} is left out: {e}") from None
        hints = tool.annotations
        writes = hints is not None and (hints.read_only_hint is False or hints.destructive_hint is True)
        return cls(tool.name, clean(tool.description or ""), schema, output, writes, sha256(text.encode()).hexdigest())

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote. Raises KeyError, TypeError."""
        if not isinstance(data["name"], str) or not isinstance(data["input_schema"], dict):
            raise TypeError("a tool has a name and a schema")
        return cls(
            data["name"],
            str(data["description"]),
            data["input_schema"],
            data.get("output_schema"),
            data["writes"] is True,
            str(data["sha256"]),
        )

    def to_json(self) -> dict[str, Any]:
        output = {} if self.output_schema is None else {"output_schema": dict(self.output_schema)}
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": dict(self.input_schema),
            **output,
            "writes": self.writes,
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class Offered:
    """All that a server offers: tools, and whether it has resources and prompts. ``faults`` tells what was left out."""

    tools: Sequence[Offer] = ()
    resources: bool = False
    prompts: bool = False
    faults: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "resources": self.resources,
            "prompts": self.prompts,
            "tools": [t.to_json() for t in sorted(self.tools, key=lambda t: t.name)],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote. Raises KeyError, TypeError."""
        tools = tuple(Offer.from_json(t) for t in data["tools"])
        return cls(tools, data["resources"] is True, data["prompts"] is True)


def offered(tools: Sequence[Tool], *, resources: bool, prompts: bool) -> Offered:
    """Return what a server offers; two tools of one name are both left out."""
    good: dict[str, Offer] = {}
    faults: list[str] = []
    twice = {name for name, count in Counter(t.name for t in tools).items() if count > 1}
    told = sorted(twice & {t.name for t in tools[:MAX_TOOLS]})
    faults += [f"the tool {clean(name, 64)!r} is left out: it stands twice" for name in told]
    for tool in tools[:MAX_TOOLS]:
        if tool.name in twice:
            continue
        try:
            good[tool.name] = Offer.of(tool)
        except ToolError as e:
            faults.append(e.message)
    if len(tools) > MAX_TOOLS:
        faults.append(f"of {len(tools)} tools the first {MAX_TOOLS} are offered")
    return Offered(tuple(good.values()), resources, prompts, tuple(faults))
