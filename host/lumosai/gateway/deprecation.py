"""Telling clients that an operation will go (RFC 9745 ``Deprecation``, RFC 8594 ``Sunset``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from lumosai.gateway.reply import Header

PAGE = "/docs"


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when an operation is deprecated, when it will be gone (not before), and the path of what replaces it.

    *page* tells people more. Raises ValueError for times without a zone, and for an end before the beginning.
    """

    since: datetime
    sunset: datetime | None = None
    successor: str | None = None
    page: str = PAGE

    def __post_init__(self) -> None:
        if any(t is not None and t.tzinfo is None for t in (self.since, self.sunset)):
            raise ValueError("a deprecation has times with a zone")
        if self.sunset is not None and self.sunset < self.since:
            raise ValueError("what is deprecated is gone later, not sooner")

    @property
    def headers(self) -> list[Header]:
        """What each answer says of it, refusals too."""
        links = [f'<{self.page}>; rel="deprecation"; type="text/html"']
        if self.successor is not None:
            links.append(f'<{self.successor}>; rel="successor-version"')
        out: list[Header] = [(b"deprecation", b"@%d" % self.since.timestamp())]
        if self.sunset is not None:
            out.append((b"sunset", format_datetime(self.sunset.astimezone(UTC), usegmt=True).encode()))
        return [*out, (b"link", ", ".join(links).encode())]

    @property
    def words(self) -> str:
        """The same for people, in Markdown."""
        gone = f"; it goes on {self.sunset.astimezone(UTC):%Y-%m-%d} or later" if self.sunset else ""
        instead = f"; use `{self.successor}` instead" if self.successor else ""
        return f"**Deprecated** since {self.since.astimezone(UTC):%Y-%m-%d}{gone}{instead}."
