"""What a memory is told of a request to an agent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.processors import RunInfo


@dataclass(frozen=True, slots=True)
class Turn:
    """A request to an agent: the run, what came in, and what of the conversation the model is about to be shown.

    ``history`` is oldest first, without the agent's instructions: the last messages of the thread, as the memories
    before this one left them.
    """

    run: RunInfo
    input: tuple[Message, ...]
    history: tuple[Message, ...] = ()


_QUOTED: Final = re.compile(r"Quoted by ([A-Za-z0-9_.-]{1,128}): ")


def quoted(memory: str, text: str) -> Message:
    """Return a message by which the memory of that id shows a model what others wrote.

    Processors that look for orders in what others wrote know it by its beginning, and read what follows the first line
    line by line: of one that is a JSON object each value.
    """
    return Message.user(f"Quoted by {memory}: {text}")


def quoted_by(message: Message) -> str | None:
    """Return which memory a message is from, if it shows what others wrote."""
    found = _QUOTED.match(message.text) if message.role == "user" else None
    return None if found is None else found[1]
