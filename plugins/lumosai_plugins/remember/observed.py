"""What is kept of a long conversation: observations of its older part, and where that part ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lumosai_sdk.types.messages import Message

_MARKS = 3


@dataclass(frozen=True, slots=True)
class Observed:
    """Observations, oldest first, of the first ``covered`` messages of a thread, the last of which are ``marks``."""

    observations: tuple[str, ...] = ()
    covered: int = 0
    marks: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any] | None) -> Observed:
        """Make one of what is kept."""
        if value is None:
            return cls()
        return cls(tuple(value["observations"]), int(value["covered"]), tuple(value["marks"]))

    def to_json(self) -> dict[str, Any]:
        return {"observations": list(self.observations), "covered": self.covered, "marks": list(self.marks)}

    def beyond(self, history: Sequence[Message]) -> Sequence[Message]:
        """Return what of the last messages of the thread is not covered.

        The end of the covered part is found by its last messages. Where they were said more than once, the first place
        counts, so that nothing is lost; where they are not to be found, all is beyond.
        """
        if not self.marks:
            return history
        marks = [mark(m) for m in history]
        for end in range(1, len(marks) + 1):
            span = self.marks[-min(end, len(self.marks)) :]
            if tuple(marks[end - len(span) : end]) == span:
                return history[end:]
        return history


def marks_of(messages: Sequence[Message]) -> tuple[str, ...]:
    """Return the marks of the last few messages."""
    return tuple(mark(m) for m in messages[-_MARKS:])


def mark(message: Message) -> str:
    """Return what tells a message from others."""
    text = json.dumps(message.to_json(), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]
