"""The frames of ``/v1/ws``: JSON objects with a ``type``, one in a message (several, as an array, for who asked)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from lumosai.gateway.reply import dump
from lumosai.gateway.resources.run_start import RunBody
from lumosai.gateway.resources.runs import ResumeBody
from lumosai.gateway.shapes import EventView, Problem

Name = Annotated[str, Field(min_length=1, max_length=256)]
Ref = Annotated[
    Annotated[str, Field(max_length=64)] | Annotated[int, Field(gt=-(2**53), lt=2**53)] | None,
    Field(description="Anything; answers to this frame carry it."),
]
_HEX = r"^[0-9a-f]{8}\.[0-9]{1,18}$|^[0-9]{1,18}$"


class Sent(BaseModel):
    """A frame that a client sends."""

    model_config = ConfigDict(extra="forbid")
    summary: ClassVar[str] = ""
    action: ClassVar[str] = ""
    example: ClassVar[dict[str, Any]] = {}

    id: Ref = None


class Auth(Sent):
    """Tells whose the connection is, where neither a header nor the subprotocol did; it is then the first frame."""

    example: ClassVar[dict[str, Any]] = {"type": "auth", "token": "lk_…"}

    type: Literal["auth"]
    token: Annotated[str, Field(min_length=1, max_length=8192)]


class Subscribe(Sent):
    """Follows a topic, from after an event on; without `after`, a run from its first event, others from now on."""

    action: ClassVar[str] = "run.read, or plugin.manage"
    example: ClassVar[dict[str, Any]] = {"type": "subscribe", "id": 1, "topic": "run.run_01JD3X9K7Q", "after": "12"}

    type: Literal["subscribe"]
    topic: Annotated[Name, Field(description="`run.<id>`, `runs`, `plugin.*`, `plugin.<name>` or `system.*`.")]
    after: Annotated[str | None, Field(pattern=_HEX, description="The `id` of the last event that was seen.")] = None


class Unsubscribe(Sent):
    """Follows a topic no more."""

    example: ClassVar[dict[str, Any]] = {"type": "unsubscribe", "topic": "runs"}

    type: Literal["unsubscribe"]
    topic: Name


class Run(RunBody, Sent):
    """Runs an agent and follows the run."""

    action: ClassVar[str] = "agent.run"
    example: ClassVar[dict[str, Any]] = {"type": "run", "id": 2, "agent": "assistant", "input": "What is 17 times 4?"}

    type: Literal["run"]
    agent: Name
    stream: Literal[True] = Field(True, description="It always is.")
    keep: bool = Field(False, description="Go on without the connection; otherwise its end cancels the run.")
    traceparent: str = Field(
        "", max_length=512, description="As the header of that name (W3C Trace Context); what is none is passed over."
    )
    tracestate: str = Field("", max_length=512, description="As the header of that name.")


class Cancel(Sent):
    """Cancels a run."""

    action: ClassVar[str] = "run.cancel"
    example: ClassVar[dict[str, Any]] = {"type": "cancel", "id": 3, "run_id": "run_01JD3X9K7Q"}

    type: Literal["cancel"]
    run_id: Name


class Decide(ResumeBody, Sent):
    """Approves, declines or answers what a suspended run waits for, and so goes on with it."""

    action: ClassVar[str] = "run.resume"
    example: ClassVar[dict[str, Any]] = {
        "type": "decide",
        "id": 4,
        "run_id": "run_01JD3X9K7Q",
        "decisions": {"call_1": {"approve": False, "reason": "too expensive"}},
    }

    type: Literal["decide"]
    run_id: Name
    stream: Literal[True] = Field(True, description="It always is.")
    keep: bool = Field(False, description="Go on without the connection; otherwise its end cancels the run.")


class Ping(Sent):
    """Asks whether anybody is there."""

    example: ClassVar[dict[str, Any]] = {"type": "ping", "id": 5}

    type: Literal["ping"]


CLIENT: dict[str, type[Sent]] = {
    "auth": Auth,
    "subscribe": Subscribe,
    "unsubscribe": Unsubscribe,
    "run": Run,
    "cancel": Cancel,
    "decide": Decide,
    "ping": Ping,
}


# --- what the service sends


class Told(BaseModel):
    """A frame that the service sends."""

    example: ClassVar[dict[str, Any]] = {}


class Bounds(BaseModel):
    """What a connection may hold."""

    message_bytes: int
    messages_per_second: float
    subscriptions: int
    runs: int


class Welcome(Told):
    """The first frame: the caller is known, and frames are taken."""

    example: ClassVar[dict[str, Any]] = {
        "type": "welcome",
        "version": "0.1.0",
        "caller": "default/local",
        "bounds": {"message_bytes": 1048576, "messages_per_second": 50.0, "subscriptions": 256, "runs": 64},
    }

    type: Literal["welcome"]
    version: str
    caller: str
    bounds: Bounds


class Subscribed(Told):
    """A topic is followed; its events come after this."""

    example: ClassVar[dict[str, Any]] = {"type": "subscribed", "id": 1, "topic": "run.run_01JD3X9K7Q"}

    type: Literal["subscribed"]
    id: str | int | None = None
    topic: str


class Unsubscribed(Told):
    """A topic is followed no more. `reason` is `asked`, or `ended` for a run that has, with its `status`."""

    example: ClassVar[dict[str, Any]] = {
        "type": "unsubscribed",
        "topic": "run.run_01JD3X9K7Q",
        "reason": "ended",
        "status": "completed",
    }

    type: Literal["unsubscribed"]
    id: str | int | None = None
    topic: str
    reason: Literal["asked", "ended"]
    status: str | None = None


class Happened(Told):
    """An event of a topic. `id` is where to go on from; of a run it is the event's `seq`."""

    example: ClassVar[dict[str, Any]] = {
        "type": "event",
        "topic": "run.run_01JD3X9K7Q",
        "id": "3",
        "event": {"type": "model.delta", "run_id": "run_01JD3X9K7Q", "seq": 3, "at": 1785000000.2, "text": "Hi"},
    }

    type: Literal["event"]
    topic: str
    id: str
    event: EventView


class Gap(Told):
    """Events of a topic between `after` and those that follow are not to be had any more."""

    example: ClassVar[dict[str, Any]] = {"type": "gap", "topic": "plugin.*", "after": "9f3c1a2b.17"}

    type: Literal["gap"]
    topic: str
    after: str


class Started(Told):
    """A run is started, or (`decide`) goes on."""

    example: ClassVar[dict[str, Any]] = {
        "type": "started",
        "id": 2,
        "run_id": "run_01JD3X9K7Q",
        "topic": "run.run_01JD3X9K7Q",
    }

    type: Literal["started"]
    id: str | int | None = None
    run_id: str
    topic: str


class Cancelling(Told):
    """A run is being cancelled."""

    example: ClassVar[dict[str, Any]] = {"type": "cancelling", "id": 3, "run_id": "run_01JD3X9K7Q"}

    type: Literal["cancelling"]
    id: str | int | None = None
    run_id: str


class Pong(Told):
    """Somebody is here."""

    example: ClassVar[dict[str, Any]] = {"type": "pong", "id": 5}

    type: Literal["pong"]
    id: str | int | None = None


class Quiet(Told):
    """Nothing has happened for a while, and the connection is alive. It need not be answered."""

    example: ClassVar[dict[str, Any]] = {"type": "ping", "at": 1785000000.2}

    type: Literal["ping"]
    at: float


class Failed(Told):
    """A frame, or the run it started, came to nothing: an error as over HTTP (RFC 9457)."""

    example: ClassVar[dict[str, Any]] = {
        "type": "problem",
        "id": 2,
        "problem": {
            "type": "urn:lumosai:problem:not_found",
            "title": "Not Found",
            "status": 404,
            "detail": "no agent 'asistant'; did you mean 'assistant'?",
            "code": "not_found",
            "hint": "lumos agents",
        },
    }

    type: Literal["problem"]
    id: str | int | None = None
    problem: Problem


class Overflow(Told):
    """The last frame to a client that reads too slowly, before 4008: go on from `resume`, an id for each topic."""

    example: ClassVar[dict[str, Any]] = {"type": "overflow", "resume": {"run.run_01JD3X9K7Q": "12", "runs": None}}

    type: Literal["overflow"]
    resume: dict[str, str | None]


class Draining(Told):
    """The last frame before 1012, the service restarts: come back and go on from `resume`, an id for each topic."""

    example: ClassVar[dict[str, Any]] = {"type": "draining", "resume": {"run.run_01JD3X9K7Q": "12"}}

    type: Literal["draining"]
    resume: dict[str, str | None]


SERVER: dict[str, type[Told]] = {
    "welcome": Welcome,
    "subscribed": Subscribed,
    "unsubscribed": Unsubscribed,
    "event": Happened,
    "gap": Gap,
    "started": Started,
    "cancelling": Cancelling,
    "pong": Pong,
    "ping": Quiet,
    "problem": Failed,
    "overflow": Overflow,
    "draining": Draining,
}
CLOSES = {
    1000: "Nothing was followed or asked for a while.",
    1003: "A message was binary, or no UTF-8.",
    1009: "A message was too large.",
    1011: "A ping was not answered, or the host failed.",
    1012: "The service stops or restarts; `draining` came before.",
    4001: "Nobody knows the caller, or not any more.",
    4008: "The client read too slowly; `overflow` came before.",
    4029: "Too many messages were refused.",
}


def told(kind: str, **fields: Any) -> str:
    """Return a frame of the service; fields that are None are left out."""
    return dump({"type": kind, **{k: v for k, v in fields.items() if v is not None}}).decode()


def event_text(topic: str, id: str, event: bytes) -> str:  # noqa: A002 - the frame's word
    """Return an ``event`` frame of an event that is JSON already: it is the same for all who follow the topic."""
    return '{"type":"event","topic":%s,"id":"%s","event":%s}' % (dump(topic).decode(), id, event.decode())  # noqa: UP031
