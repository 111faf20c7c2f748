"""What a request holds for a tool's parameters: the values found in it, and how much that speaks for the tool."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lumosai_plugins.local import spans
from lumosai_plugins.local.arithmetic import find_expression
from lumosai_plugins.local.dates import find_date
from lumosai_plugins.local.kinds import Kind, core, kind_of
from lumosai_plugins.local.zones import find_zones

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CHARS = 2000
"""What is looked at of a request; bounds the time of the patterns."""

MAX_ENUM = 500
MAX_PROPERTIES = 64

_FOR: dict[Kind, float] = {
    "url": 0.35, "path": 0.3, "folder": 0.2, "expression": 0.35, "email": 0.2, "question": 0.25, "query": 0.05,
    "date": 0.04, "timezone": 0.06, "clock": 0.08, "place": 0.08, "enum": 0.12,
}  # fmt: skip
_AGAINST: dict[Kind, float] = {
    "url": 0.4, "path": 0.2, "expression": 0.3, "email": 0.2, "number": 0.1, "text": 0.15, "query": 0.15,
    "enum": 0.1, "clock": 0.1,
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    """What the user asked, and when (local time: "tonight" is the user's)."""

    text: str
    now: datetime

    def values(self, kind: Kind, schema: Mapping[str, Any]) -> list[Any]:
        """Return the values of ``kind`` in the request, best first."""
        if kind == "enum":
            return mentions(schema, self.head)
        return list(getattr(self, f"_{kind}", ()))

    def start(self, kind: Kind, value: Any) -> int:
        """Return where in the request ``value`` stands, -1 if that is not known."""
        if kind == "timezone":
            return next((at for zone, at in find_zones(self.head) if zone == value), -1)
        return self.head.lower().find(str(value).lower().replace("_", " "))

    @property
    def head(self) -> str:
        return self.text[:MAX_CHARS]

    @cached_property
    def masked(self) -> str:
        """The request with addresses, files and sums replaced by what they are, for comparing meanings."""
        text = self.head
        for url in self._url:
            text = text.replace(url, "a web page").replace(url.removeprefix("https://"), "a web page")
        for path in self._path:
            text = text.replace(path, "a text file")
        if self._expression:
            text = re.sub(r"[\d(][\d\s.,+\-*/%^()]*[\d)]", "an arithmetic expression ", text)
        return text

    @cached_property
    def _url(self) -> list[str]:
        return spans.urls(self.head)

    @cached_property
    def _path(self) -> list[str]:
        return spans.paths(self.head)

    @cached_property
    def _folder(self) -> list[str]:
        return spans.folders(self.head)

    @cached_property
    def _email(self) -> list[str]:
        return spans.emails(self.head)

    @cached_property
    def _expression(self) -> list[str]:
        found = find_expression(self.head)
        return [found] if found else []

    @cached_property
    def _date(self) -> list[str]:
        found = find_date(self.head, self.now.date())
        return [found.isoformat()] if found else []

    @cached_property
    def _datetime(self) -> list[str]:
        clock = re.search(r"\b([01]?\d|2[0-3]):([0-5]\d)\b", self.head)
        if not self._date:
            return []
        day = datetime.fromisoformat(self._date[0]).astimezone()
        return [day.replace(hour=int(clock[1]), minute=int(clock[2])).isoformat() if clock else day.isoformat()]

    @cached_property
    def _timezone(self) -> list[str]:
        return list(dict.fromkeys(zone for zone, _ in find_zones(self.head)))

    @cached_property
    def _clock(self) -> list[str]:
        return spans.clocks(self.head)

    @cached_property
    def _place(self) -> list[str]:
        return spans.places(self.head)

    @cached_property
    def _number(self) -> list[float | int]:
        return spans.numbers(re.sub(r"\b\d{4}-\d{2}-\d{2}\b", " ", self.head))

    @cached_property
    def _question(self) -> list[str]:
        return spans.questions(self.head)

    @cached_property
    def _query(self) -> list[str]:
        return spans.topics(self.head)

    @cached_property
    def _text(self) -> list[str]:
        return spans.quotations(self.head)


def mentions(schema: Mapping[str, Any], text: str) -> list[Any]:
    """Return the values of an enum that ``text`` mentions, in the order they are mentioned; plurals count."""
    lowered = text.lower()
    found: list[tuple[int, Any]] = []
    given = schema.get("enum")
    for value in given[:MAX_ENUM] if isinstance(given, list) else ():
        word = re.escape(str(value).lower().replace("_", " "))
        if match := re.search(rf"(?<![a-z0-9]){word}(?:e?s)?(?![a-z0-9])", lowered):
            found.append((match.start(), value))
    return [value for _, value in sorted(found, key=lambda pair: pair[0])]


def support(schema: Mapping[str, Any], request: Request) -> float:
    """Return how much the values found in the request speak for (or against) a tool with this input schema."""
    required = set(schema.get("required") or ())
    return sum(_weight(name, s, name in required, request) for name, s in properties(schema).items())


def _weight(name: str, schema: Mapping[str, Any], required: bool, request: Request) -> float:  # noqa: FBT001
    kind = kind_of(name, schema)
    if request.values(kind, core(schema)):
        return _FOR.get(kind, 0.0) if required or kind != "enum" else 0.0
    return -_AGAINST.get(kind, 0.0) if required else 0.0


def properties(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the properties of an input schema that are schemas themselves."""
    found = schema.get("properties")
    if not isinstance(found, dict):
        return {}
    return {k: v for k, v in list(found.items())[:MAX_PROPERTIES] if isinstance(v, dict)}
