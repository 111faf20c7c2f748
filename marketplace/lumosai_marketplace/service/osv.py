"""The OSV format (schema 1.7), as this index takes it: strict in all that tools of others act on.

Versions are as PEP 440 has them, ranges begin, each advisory is about one plugin of this index, links are by HTTPS.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, Self

from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lumosai_marketplace.names import Name
from lumosai_sdk.errors import InputError

SCHEMA: Final = "1.7.5"
ECOSYSTEM: Final = "LumosAI"
"""No ecosystem of OSV's own list: a plugin of one index is not that of another. The purl names the index."""
_TEXT = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]*$"

_LINE = r"^[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]+$"
_LINK = r"^https://[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?:[/?#][\x21-\x7e]*)?$"

Line = Annotated[str, Field(min_length=1, max_length=120, pattern=_LINE)]
Long = Annotated[str, Field(max_length=32_000, pattern=_TEXT)]
Identifier = Annotated[str, Field(max_length=64, pattern=r"^[A-Z][A-Za-z0-9]{0,15}-[A-Za-z0-9.:-]{1,47}$")]
Pep440 = Annotated[str, Field(max_length=64)]
Link = Annotated[str, Field(max_length=2048, pattern=_LINK)]
_SCORES = {
    "CVSS_V2": r"AV:[NAL]/AC:[LMH]/Au:[MSN](/[A-Za-z]{1,3}:[A-Z]{1,3})*",
    "CVSS_V3": r"CVSS:3\.[01](/[A-Z]{1,3}:[A-Z]){8,}",
    "CVSS_V4": r"CVSS:4\.0(/[A-Z]{1,3}:[A-Za-z]+){11,}",
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Severity(_Part):
    """A score, by CVSS."""

    type: Literal["CVSS_V2", "CVSS_V3", "CVSS_V4"]
    score: Annotated[str, Field(max_length=200)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if re.fullmatch(_SCORES[self.type], self.score, re.ASCII) is None:
            raise ValueError(f"no vector of {self.type}")
        return self


class Package(_Part):
    """A plugin of this index, by its name on the screen."""

    name: Annotated[str, Field(max_length=64)]
    ecosystem: Literal["LumosAI"] = "LumosAI"
    purl: Annotated[str, Field(max_length=300)] | None = None


class Event(_Part):
    """Where a range begins (``0``: with the first version) or ends."""

    introduced: Pep440 | None = None
    fixed: Pep440 | None = None
    last_affected: Pep440 | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        told = {k: v for k, v in self if v is not None}
        if len(told) != 1:
            raise ValueError("an event is one of introduced, fixed, last_affected")
        if told != {"introduced": "0"}:
            _version(next(iter(told.values())))
        return self

    @property
    def kind(self) -> str:
        """Which of them it is."""
        return next(k for k, v in self if v is not None)


class Range(_Part):
    """Versions from where they were introduced to where they were fixed."""

    type: Literal["ECOSYSTEM"]
    events: Annotated[list[Event], Field(min_length=1, max_length=64)]

    @model_validator(mode="after")
    def _begins(self) -> Self:
        kinds = [e.kind for e in self.events]
        if "introduced" not in kinds:
            raise ValueError("a range begins with introduced")
        if {"fixed", "last_affected"} <= set(kinds):
            raise ValueError("a range has fixed or last_affected, not both")
        return self


class Affected(_Part):
    """A plugin and its versions: those of the ranges, and those that are named."""

    package: Package
    ranges: Annotated[list[Range], Field(max_length=32)] = []
    versions: Annotated[list[Pep440], Field(max_length=1000)] = []
    severity: Annotated[list[Severity], Field(max_length=4)] = []

    @field_validator("versions")
    @classmethod
    def _are_versions(cls, v: list[str]) -> list[str]:
        return [_version(text) for text in v]

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.ranges and not self.versions:
            raise ValueError("ranges or versions say which versions are affected")
        return self


class Reference(_Part):
    """A page about it."""

    type: Literal[
        "ADVISORY", "ARTICLE", "DETECTION", "DISCUSSION", "REPORT", "FIX", "INTRODUCED", "GIT", "PACKAGE", "EVIDENCE",
        "WEB",
    ]  # fmt: skip
    url: Link


class Credit(_Part):
    """Somebody who had a part in it."""

    name: Line
    contact: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=4)] = []
    type: (
        Literal[
            "FINDER", "REPORTER", "ANALYST", "COORDINATOR", "REMEDIATION_DEVELOPER", "REMEDIATION_REVIEWER",
            "REMEDIATION_VERIFIER", "TOOL", "SPONSOR", "OTHER",
        ]
        | None
    ) = None  # fmt: skip


class Specific(_Part):
    """How bad it is, in a word, and of which kinds."""

    severity: Literal["LOW", "MODERATE", "HIGH", "CRITICAL"] | None = None
    cwe_ids: Annotated[list[Annotated[str, Field(pattern=r"^CWE-\d{1,5}$")]], Field(max_length=16)] = []


class AdvisoryBody(_Part):
    """An advisory as it is written; ``id``, ``published`` and ``modified`` are the index's."""

    schema_version: Annotated[str, Field(pattern=r"^1\.\d{1,3}\.\d{1,3}$")] = SCHEMA
    summary: Line
    details: Long = ""
    aliases: Annotated[list[Identifier], Field(max_length=16)] = []
    related: Annotated[list[Identifier], Field(max_length=16)] = []
    upstream: Annotated[list[Identifier], Field(max_length=16)] = []
    severity: Annotated[list[Severity], Field(max_length=4)] = []
    affected: Annotated[list[Affected], Field(min_length=1, max_length=16)]
    references: Annotated[list[Reference], Field(max_length=32)] = []
    credits: Annotated[list[Credit], Field(max_length=16)] = []
    database_specific: Specific = Specific()

    def name(self) -> Name:
        """Return the plugin that it is about. Raises InputError for none, or several."""
        names = {Name.parse(a.package.name) for a in self.affected}
        if len(names) != 1:
            raise InputError("an advisory is about one plugin", hint="write one for each, and name the others related")
        return names.pop()


def _version(text: str) -> str:
    try:
        return str(Version(text))
    except InvalidVersion:
        raise ValueError(f"{text[:40]!r} is not a version (PEP 440)") from None
