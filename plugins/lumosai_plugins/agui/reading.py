"""What an application sends (AG-UI 1.0, RunAgentInput): what the agent is asked, or answers to a run that waits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ag_ui.core import RunAgentInput, ToolMessage, UserMessage
from pydantic import ValidationError

from lumosai_plugins.agui import sharing
from lumosai_plugins.agui.frontend import ID
from lumosai_sdk.errors import InputError
from lumosai_sdk.types.messages import ImagePart, Message, Part, TextPart
from lumosai_sdk.types.runs import Decision, Pending

if TYPE_CHECKING:
    from ag_ui.core import ResumeEntry

THREAD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}\Z")
MAX_RUN_ID = 256
MAX_TOLD = 64_000
FUNCTION = re.compile(r"[A-Za-z0-9_.-]{1,128}\Z")
MAX_FUNCTIONS = 128
_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def read(body: bytes) -> RunAgentInput:
    """Return the input. Raises InputError that names what is wrong with it."""
    try:
        given = RunAgentInput.model_validate_json(body)
    except (ValidationError, RecursionError) as e:
        raise InputError(f"the body is no RunAgentInput: {_shown(e)}") from None
    if not THREAD.match(given.thread_id):
        raise InputError("threadId has up to 128 letters, digits and _.:-")
    if not given.run_id or len(given.run_id) > MAX_RUN_ID:
        raise InputError(f"runId has 1 to {MAX_RUN_ID} characters")
    _check_functions([t.name for t in given.tools or ()])
    return given


def _check_functions(names: Sequence[str]) -> None:
    if len(names) > MAX_FUNCTIONS:
        raise InputError(f"there are {len(names)} tools, and may be {MAX_FUNCTIONS}")
    for name in names:
        if not FUNCTION.match(name) or names.count(name) > 1:
            raise InputError(f"tools: {name[:128]!r} is there twice, or has more than 128 letters, digits and _.-")


def shared(given: RunAgentInput, answered: Sequence[str] = ()) -> sharing.Shared:
    """Return what the application shares with the run. Raises InputError for a state that is none."""
    state = given.state or {}
    if not isinstance(state, dict):
        raise InputError("state is an object, or not there")
    if (size := len(json.dumps(state, ensure_ascii=False))) > sharing.MAX_STATE:
        raise InputError(f"state has {size} characters, and may have {sharing.MAX_STATE}")
    return sharing.Shared(frozenset(t.name for t in given.tools or ()), state, answered)


def _shown(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(p) for p in first['loc'])[:200]}: {first['msg'][:300]}"


@dataclass(slots=True)
class Answers:
    """What came back for a run that waits: by call, an interrupt's entry or a function's result."""

    run: str
    entries: dict[str, ResumeEntry] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)

    def decisions(self, pending: Sequence[Pending]) -> dict[str, Decision]:
        """Return what is decided of what the run waits for. Raises InputError for what fits none of it."""
        waiting = {p.call_id: p for p in pending}
        if unknown := ({*self.entries, *self.results} - set(waiting)):
            raise InputError(f"the run does not wait for {min(unknown)[:100]!r}")
        said = {call: _decision(waiting[call], entry) for call, entry in self.entries.items()}
        for call, result in self.results.items():
            if waiting[call].tool != ID:
                raise InputError("a tool message answers functions of the application; an interrupt is resumed")
            said[call] = Decision(answer=result)
        return said


def answers(given: RunAgentInput) -> Answers | None:
    """Return what the input answers, None where it asks something new. Raises InputError."""
    entries = {e.interrupt_id: e for e in given.resume or ()}
    results = {m.tool_call_id: _result(m) for m in _last(given) if isinstance(m, ToolMessage)}
    runs = {_parted(i)[0] for i in (*entries, *results)}
    if not runs:
        return None
    if len(runs) > 1:
        raise InputError("what is answered belongs to several runs")
    return Answers(
        runs.pop(),
        {_parted(i)[1]: e for i, e in entries.items()},
        {_parted(i)[1]: r for i, r in results.items()},
    )


def named(run: str, call: str) -> str:
    """Return what an application knows a call by: it tells the run as well, which nothing has to remember then."""
    return f"{run}:{call}"


def _parted(name: str) -> tuple[str, str]:
    run, mark, call = name.partition(":")
    if not mark:
        raise InputError(f"{name[:100]!r} is no call or interrupt of a run here")
    return run, call


def _decision(pending: Pending, entry: ResumeEntry) -> Decision:
    """Return a person's word. Leave is what says so: ``true``, or ``{"approved": true}``."""
    payload = entry.payload
    told = payload if isinstance(payload, dict) else {}
    reason = told.get("reason")
    if entry.status == "cancelled":
        return Decision(approve=False, reason="the person cancelled it")
    if pending.kind == "question":
        answer = told.get("answer") if told else payload
        if not isinstance(answer, str):
            raise InputError('a question is answered with a text, or {"answer": "…"}')
        return Decision(answer=answer)
    approved = told.get("approved") if told else payload
    return Decision(approve=approved is True, reason=reason if isinstance(reason, str) else "")


def _last(given: RunAgentInput) -> Iterator[Any]:
    """Yield the messages after the agent's last one."""
    found: list[Any] = []
    for message in reversed(given.messages):
        if message.role not in {"user", "tool"}:
            break
        found.append(message)
    yield from reversed(found)


def _result(message: ToolMessage) -> str:
    text = message.content if isinstance(message.content, str) else _text(message.content)
    return f"Error: {message.error}\n{text}" if message.error else text


def _text(parts: Sequence[Any]) -> str:
    return "\n".join(p.text for p in parts if p.type == "text")


def asked(given: RunAgentInput, *, is_new: bool) -> tuple[Message, ...]:
    """Return what the agent is asked: the person's last words, of a conversation that is new here all of it.

    Raises InputError where nothing is asked. What an application puts in the mouth of the system or of tools is not
    taken over.
    """
    messages = given.messages if is_new else list(_last(given))
    out = tuple(m for m in map(_message, messages) if m is not None)
    if not out or out[-1].role != "user":
        raise InputError("nothing is asked: the last message is none of the user")
    return out


def _message(message: Any) -> Message | None:
    if isinstance(message, UserMessage):
        content = message.content
        return Message.user(content if isinstance(content, str) else tuple(map(_part, content)))
    if message.role == "assistant" and isinstance(message.content, str) and message.content:
        return Message.assistant(message.content)
    return None


def _part(part: Any) -> Part:
    if part.type == "text":
        return TextPart(part.text)
    source = getattr(part, "source", None)
    if part.type == "image" and source is not None and source.type == "data" and source.mime_type in _IMAGES:
        return ImagePart(f"data:{source.mime_type};base64,{source.value}")
    raise InputError(f"of messages text and images with their data are read, and no {part.type!r} or address")


def instructions(given: RunAgentInput, *, has_frontend: bool, has_state: bool) -> str:
    """Return what the application says of itself to the model. Raises InputError for too much of it."""
    told = [f"{c.description}: {c.value}" for c in given.context or ()]
    out = "The application says:\n" + "\n".join(told) if told else ""
    if has_frontend and given.tools:
        functions = [{"name": t.name, "description": t.description, "schema": t.parameters or {}} for t in given.tools]
        listed = json.dumps(functions, ensure_ascii=False)
        out += f"\n\nFunctions the application offers, called with the tool {ID.replace('.', '_')}:\n{listed}"
    if has_state:
        state = json.dumps(given.state or {}, ensure_ascii=False)
        out += f"\n\nState the application shares, changed with the tool {sharing.ID.replace('.', '_')}:\n{state}"
    if len(out) > MAX_TOLD:
        raise InputError(f"context, tools and state have {len(out)} characters, and may have {MAX_TOLD}")
    return out.strip()
