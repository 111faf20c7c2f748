"""``/v1/agents/{agent_id}/versions``: drafts of agents, what differs, and what holds."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from lumosai.agents.versions.service import MOST_NOTE, State
from lumosai.agents.versions.version import MARK, Version, parted
from lumosai.config.patch import WrongKeysError
from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.errors import InvalidFieldsError
from lumosai.gateway.operation import ONCE, Operation
from lumosai.gateway.plugin_shapes import SiblingsView
from lumosai.gateway.reply import json_reply
from lumosai.gateway.shapes import Listing
from lumosai_sdk.errors import ConflictError, NotFoundError

T = TypeVar("T")
Number = Annotated[int, Field(ge=1, lt=10**8)]


class AgentVersionView(BaseModel):
    """A version of an agent. ``id`` is what a run names to be answered by it.

    ``state`` is ``holds`` for what ``lumos.toml`` says, ``draft`` for what never held, else ``published``.
    """

    id: str
    agent: str
    number: int
    state: State
    author: str
    note: str
    created_at: float
    published_at: float | None
    siblings: SiblingsView | None = None


class AgentVersionDetail(AgentVersionView):
    """A version with the agent's table as it stands in ``lumos.toml``."""

    config: dict[str, Any]


class AgentVersionDraft(BaseModel):
    """A draft: what it changes of the version that holds, or of another one."""

    model_config = ConfigDict(extra="forbid")

    config: dict[str, Any] = Field(description="A merge patch (RFC 7396) of the agent's table: null takes a key out.")
    base: Number | None = Field(None, description="The version it changes; the one that holds where it is left out.")
    note: str = Field("", max_length=MOST_NOTE, description="What it is for.")


class CompareQuery(BaseModel):
    """With what a version is compared."""

    model_config = ConfigDict(extra="forbid")

    base: Number | None = Field(None, description="The version before; what holds where it is left out.")


class ChangeView(BaseModel):
    """A key that is different, dotted; null is one that is not there."""

    key: str
    was: Any
    now: Any


class AgentVersionChanges(BaseModel):
    """What is different from ``base`` (null: what ``lumos.toml`` says, of which there is no version) in ``number``."""

    base: int | None
    number: int
    changes: list[ChangeView]
    diff: str


async def list_versions(call: Call) -> ASGIApp:
    """Return an agent's versions, the newest first. Raises NotFoundError, ConflictError."""
    history = await call.gate.host.versions.history(call.params["agent_id"])
    return json_reply({"data": [v.view(history.state(v)) for v in history.versions]})


async def get_version(call: Call) -> ASGIApp:
    """Return a version. Raises NotFoundError, ConflictError."""
    agent, number = _named(call)
    versions = call.gate.host.versions
    history, version = await versions.history(agent), await versions.get(agent, number)
    return json_reply({**version.view(history.state(version)), "config": version.table})


async def create_version(call: Call) -> ASGIApp:
    """Keep a draft. Raises NotFoundError, ConflictError, InvalidFieldsError for what could not hold."""
    agent = call.params["agent_id"]
    body = await call.body(AgentVersionDraft)
    versions = call.gate.host.versions
    async with call.gate.configuring:
        work = versions.draft(agent, body.config, base=body.base, note=body.note, principal=call.principal)
        made = await _fitting(agent, work)
    return json_reply({**made.view("draft"), "config": made.table}, status=201)


async def compare_version(call: Call) -> ASGIApp:
    """Return what a version changes. Raises NotFoundError, ConflictError."""
    agent, number = _named(call)
    return json_reply(asdict(await call.gate.host.versions.compare(agent, number, call.query(CompareQuery).base)))


async def publish_version(call: Call) -> ASGIApp:
    """Let a draft hold. Raises NotFoundError, ConflictError, InvalidFieldsError for what could not hold."""
    agent, number = _named(call)
    return await _holding(call, agent, call.gate.host.versions.publish(agent, number, principal=call.principal))


async def restore_version(call: Call) -> ASGIApp:
    """Let what a version says hold again. Raises NotFoundError, ConflictError, InvalidFieldsError."""
    agent, number = _named(call)
    return await _holding(call, agent, call.gate.host.versions.restore(agent, number, principal=call.principal))


async def _holding(call: Call, agent: str, work: Awaitable[Version]) -> ASGIApp:
    async with call.gate.configuring:
        version = await _fitting(agent, work)
    elsewhere = await call.gate.peers.changes.config()
    return json_reply({**version.view("holds"), **elsewhere})


async def _fitting(agent: str, work: Awaitable[T]) -> T:
    try:
        return await work
    except WrongKeysError as e:
        before = f"agents.{agent}."
        fields = [{"field": f"config.{k.removeprefix(before)}", "message": m} for k, m in e.keys.items()]
        raise InvalidFieldsError(fields) from None


def _named(call: Call) -> tuple[str, int]:
    version_id = f"{call.params['agent_id']}{MARK}{call.params['number']}"
    named = parted(version_id)
    if named is None:
        raise NotFoundError("version", version_id)
    return named


DRAFT: dict[str, Any] = {
    "id": "assistant@2",
    "agent": "assistant",
    "number": 2,
    "state": "draft",
    "author": "key:3f9a1c0b7d42",
    "note": "rhymes",
    "created_at": 1785000000.0,
    "published_at": None,
}
HELD: dict[str, Any] = {**DRAFT, "state": "holds", "published_at": 1785000300.0}
CONFIG = {"instructions": "Answer in rhymes.", "tools": ["time.*"]}
COMPARED = {
    "base": 1,
    "number": 2,
    "changes": [{"key": "instructions", "was": "Answer briefly.", "now": "Answer in rhymes."}],
    "diff": "--- assistant@1\n+++ assistant@2\n@@ -1,2 +1,2 @@\n [agents.assistant]\n"
    '-instructions = "Answer briefly."\n+instructions = "Answer in rhymes."',
}
_ONE = "/v1/agents/{agent_id}/versions/{number}"

OPERATIONS = (
    Operation(
        "GET",
        "/v1/agents/{agent_id}/versions",
        list_versions,
        "listAgentVersions",
        "List an agent's versions",
        "agents",
        action="config.read",
        resource="agent_id",
        description="The newest first. There are none before the first draft.",
        answers=Listing[AgentVersionView],
        example={"data": [DRAFT]},
        problems=(ConflictError,),
    ),
    Operation(
        "POST",
        "/v1/agents/{agent_id}/versions",
        create_version,
        "createAgentVersion",
        "Draft a version of an agent",
        "agents",
        action="config.manage",
        resource="agent_id",
        description="Nothing else changes: `<agent>@<number>` is asked beside the agent, by whoever may "
        "`agent.preview` as well as `agent.run`, wherever an agent is named.",
        takes=AgentVersionDraft,
        takes_example={"config": {"instructions": "Answer in rhymes."}, "note": "rhymes"},
        answers=AgentVersionDetail,
        example={**DRAFT, "config": CONFIG},
        status=201,
        once=ONCE,
        problems=(ConflictError,),
    ),
    Operation(
        "GET",
        _ONE,
        get_version,
        "getAgentVersion",
        "Get a version of an agent",
        "agents",
        action="config.read",
        resource="agent_id",
        answers=AgentVersionDetail,
        example={**DRAFT, "config": CONFIG},
        problems=(ConflictError,),
    ),
    Operation(
        "GET",
        f"{_ONE}/changes",
        compare_version,
        "compareAgentVersion",
        "Compare versions of an agent",
        "agents",
        action="config.read",
        resource="agent_id",
        description="`diff` is a unified diff of the two as they stand in `lumos.toml`.",
        query=CompareQuery,
        answers=AgentVersionChanges,
        example=COMPARED,
        problems=(ConflictError,),
    ),
    Operation(
        "POST",
        f"{_ONE}/publish",
        publish_version,
        "publishAgentVersion",
        "Publish a draft of an agent",
        "agents",
        action="config.manage",
        resource="agent_id",
        description="It is written into `lumos.toml`, whose comments stay, and holds for runs that begin then. What "
        "somebody wrote there meanwhile is kept as a version of its own.",
        answers=AgentVersionView,
        example=HELD,
        once=ONCE,
        problems=(ConflictError,),
    ),
    Operation(
        "POST",
        f"{_ONE}/restore",
        restore_version,
        "restoreAgentVersion",
        "Restore a version of an agent",
        "agents",
        action="config.manage",
        resource="agent_id",
        description="What it says holds again, as a new version.",
        answers=AgentVersionView,
        example={**HELD, "id": "assistant@3", "number": 3, "note": "restores assistant@1"},
        once=ONCE,
        problems=(ConflictError,),
    ),
)
