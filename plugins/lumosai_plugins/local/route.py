"""Choose the tool a request is for, or none.

SmolLM2 chooses tools badly, so it is not asked: the request is compared, as a sentence embedding, with every tool's
description and with a handful of things people say when they only want to talk. Values that a tool needs and the
request has (an address, a sum, a file) speak for the tool, required ones that are missing against it. A question that
fits no tool is looked up, where there is one that answers questions from texts.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumosai_plugins.local.evidence import properties, support
from lumosai_plugins.local.looking import asks, question_of, searches
from lumosai_plugins.local.talk import EXAMPLES, NEAR, Example

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumosai_plugins.local.embed import Array, Embedder
    from lumosai_plugins.local.evidence import Request
    from lumosai_sdk.types.tools import ToolSpec

THRESHOLD = 0.33
"""Below this no tool is called. Chosen by a sweep over the requests of `bench/local_quality.py`."""
MARGIN = 0.03
"""By how much a tool must beat the nearest small talk."""

SMALL_TALK = 0.6
"""From this likeness on a question is small talk, and not looked up."""

_NAMED = 0.5
_VERB = 0.1
_CACHED = 8192
_MAX_DESCRIPTION = 400


@dataclass(frozen=True, slots=True)
class Route:
    """The tool chosen (None: just answer), the best tool's score, and that of the nearest small talk."""

    tool: ToolSpec | None
    score: float
    talk: float


class Router:
    """Chooses tools. Keeps the vectors of descriptions it has seen; usable from several threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, Array] = {}
        self._lock = threading.Lock()
        self._sayings = embedder.embed([said for said, _ in EXAMPLES])

    def route(self, request: Request, tools: Sequence[ToolSpec], *, must: bool = False) -> Route:
        """Return the tool for ``request``; with ``must`` the best one however little it fits."""
        if not tools:
            return Route(None, 0.0, 0.0)
        asked = self._embedder.embed([request.head, request.masked])
        views = self._views_of(tools)
        scores = [self._score(asked, tool, views[i], request) for i, tool in enumerate(tools)]
        best = max(range(len(tools)), key=scores.__getitem__)
        talk = float((self._sayings @ asked[0]).max())
        if must or (scores[best] >= THRESHOLD and scores[best] >= talk + MARGIN):
            return Route(tools[best], scores[best], talk)
        found = _looking(request, tools, scores) if talk < SMALL_TALK else None
        return Route(found, scores[best], talk)

    def example(self, text: str) -> Example | None:
        """Return the exchange of small talk nearest to ``text`` (or to its last question), if it is near."""
        clauses = re.split(r"(?<=[.!?,;])\s+", text)
        asked = next((c for c in reversed(clauses) if c.endswith("?")), text)
        near = self._sayings @ self._embedder.embed([asked])[0]
        best = int(near.argmax())
        said, told = EXAMPLES[best]
        return Example(said, told, float(near[best])) if near[best] >= NEAR and told else None

    def nearest(self, text: str, choices: Sequence[str]) -> list[float]:
        """Return how similar each of ``choices`` is to ``text``."""
        vectors = self._embedder.embed([text, *choices])
        return [float(x) for x in vectors[1:] @ vectors[0]]

    def _score(self, asked: Array, tool: ToolSpec, views: list[Array], request: Request) -> float:
        similar = [float((asked @ view).max()) for view in views]
        return sum(similar) / len(similar) + support(tool.input_schema, request) + _named(tool, request)

    def _views_of(self, tools: Sequence[ToolSpec]) -> list[list[Array]]:
        texts = [_views(tool) for tool in tools]
        with self._lock:
            missing = list(dict.fromkeys(t for views in texts for t in views if t not in self._vectors))
            if missing:
                self._vectors.update(zip(missing, self._embedder.embed(missing), strict=True))
            found = [[self._vectors[t] for t in views] for views in texts]
            while len(self._vectors) > _CACHED:
                self._vectors.pop(next(iter(self._vectors)))
        return found


def _looking(request: Request, tools: Sequence[ToolSpec], scores: Sequence[float]) -> ToolSpec | None:
    """Return what a question is looked up with, where there are documents: what they are about, no description says."""
    if not asks(request.head) or not any(map(question_of, tools)):
        return None
    return max(((t, s) for t, s in zip(tools, scores, strict=True) if searches(t)), key=lambda found: found[1])[0]


def _views(tool: ToolSpec) -> tuple[str, str]:
    words = tool.id.replace(".", " ").replace("_", " ").replace("-", " ")
    description = tool.description[:_MAX_DESCRIPTION] or words
    return description, f"{words}: {description} ({' '.join(properties(tool.input_schema))})"


def _named(tool: ToolSpec, request: Request) -> float:
    """Return what it says for a tool that the request has its name in it, or its verb: *read* for ``files.read``."""
    if ("." in tool.id and tool.id in request.text) or ("_" in tool.name and tool.name in request.text):
        return _NAMED
    said = {w[:5] for w in re.findall(r"[a-z]+", request.head.lower())}
    verbs = re.findall(r"[a-z]+", tool.id.rpartition(".")[2].lower())
    return _VERB if any(v[:5] in said for v in verbs if len(v) > 2) else 0.0  # noqa: PLR2004 - "of", "to"
