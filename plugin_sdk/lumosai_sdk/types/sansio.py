"""What a provider without I/O says and hears: an HTTP request to make, the answer to it, or an answer at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Operation = Literal["complete", "stream", "embed", "models"]
OPERATIONS: tuple[Operation, ...] = ("complete", "stream", "embed", "models")


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A request to make: ``body`` is text, most often JSON; ``timeout`` in seconds, None for the maker's own."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back, header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the operation itself, where nothing has to be asked; for ``stream`` a list of chunks."""

    value: Any
