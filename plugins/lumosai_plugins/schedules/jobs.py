"""Schedules: what is run, when, and for whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from lumosai_sdk.errors import InputError, MissingExtraError
from lumosai_sdk.types.auth import LOCAL, Allowance, Budget, Principal

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
MAX_INPUT = 1_000_000
MAX_CRON = 512
_KINDS = ("cron", "every", "at")
FIELDS = frozenset({*_KINDS, "agent", "input", "timezone", "thread", "queue", "missed", "overlap", "enabled"})
"""What is said of a schedule."""


@dataclass(frozen=True, slots=True)
class Job:
    """A schedule. Exactly one of ``cron``, ``every`` (seconds) and ``at`` (seconds since the epoch) is given."""

    name: str
    agent: str
    input: str
    cron: str | None = None
    every: float | None = None
    at: float | None = None
    timezone: str = "UTC"
    thread: str | None = None
    queue: str = "default"
    missed: str = "once"
    overlap: bool = False
    enabled: bool = True
    principal: Principal = LOCAL

    @classmethod
    def of(cls, name: str, given: Mapping[str, Any], principal: Principal = LOCAL) -> Job:
        """Read a table of settings or of a request. Raises InputError that names what is wrong, MissingExtraError."""
        where = f"schedule {name[:70]!r}"
        if not NAME.match(name):
            raise InputError(f"{where}: a name has up to 64 small letters, digits, _ and -")
        if unknown := set(given) - FIELDS:
            raise InputError(f"{where}: unknown key {min(unknown)[:70]!r}")
        kinds = [k for k in _KINDS if given.get(k) is not None]
        if len(kinds) != 1:
            raise InputError(f"{where}: give one of cron, every and at")
        zone = _zone(where, given.get("timezone", "UTC"))
        return cls(
            name,
            _text(where, given, "agent", 256),
            _text(where, given, "input", MAX_INPUT),
            _cron(where, given.get("cron")),
            _every(where, given.get("every")),
            _at(where, given.get("at"), zone),
            zone.key,
            None if given.get("thread") is None else _text(where, given, "thread", 128),
            _text(where, {"queue": "default", **given}, "queue", 32),
            _one_of(where, given.get("missed", "once")),
            _flag(where, given, "overlap", default=False),
            _flag(where, given, "enabled", default=True),
            principal,
        )

    @property
    def owner(self) -> str:
        """Return whose it is: tenant and person."""
        return f"{self.principal.tenant}/{self.principal.id}"

    @property
    def mark(self) -> str:
        """Return what changes when its times do."""
        return sha256(repr((self.cron, self.every, self.at, self.timezone)).encode()).hexdigest()[:16]

    def due_after(self, after: float) -> float | None:
        """Return the first time it is due later than *after*, or None. Clocks change as they do in its time zone."""
        if self.at is not None:
            return self.at if self.at > after else None
        if self.every is not None:
            return after + self.every
        from cronsim import CronSim

        start = datetime.fromtimestamp(after, UTC).astimezone(ZoneInfo(self.timezone))
        found = next(CronSim(self.cron or "", start), None)
        return None if found is None else found.timestamp()

    def to_json(self) -> dict[str, Any]:
        """Return it for a listing."""
        at = None if self.at is None else datetime.fromtimestamp(self.at, ZoneInfo(self.timezone)).isoformat()
        when = {"cron": self.cron, "every": self.every, "at": at}
        out: dict[str, Any] = {"name": self.name, "agent": self.agent, "input": self.input}
        out |= {k: v for k, v in when.items() if v is not None}
        out |= {"timezone": self.timezone, "queue": self.queue, "missed": self.missed}
        out |= {"overlap": self.overlap, "enabled": self.enabled, "owner": self.owner}
        return out if self.thread is None else {**out, "thread": self.thread}

    def kept(self) -> dict[str, Any]:
        """Return it as it is kept."""
        listed = self.to_json()
        return {k: v for k, v in listed.items() if k in FIELDS} | {"principal": kept_principal(self.principal)}

    @classmethod
    def from_kept(cls, name: str, data: Mapping[str, Any]) -> Job:
        """Read what ``kept`` returned."""
        given = {k: v for k, v in data.items() if k != "principal"}
        return cls.of(name, given, principal_of(data["principal"]))


def kept_principal(who: Principal) -> dict[str, Any]:
    """Return a principal as it is kept: who it is, what it may, and on which credential's account."""
    out: dict[str, Any] = {"id": who.id, "tenant": who.tenant, "scopes": sorted(who.scopes)}
    if who.credential:
        out["credential"] = who.credential
    if who.allowance is not None:
        budget = who.allowance.budget
        out |= {"models": list(who.allowance.models), "budget": None if budget is None else budget.to_json()}
    return out


def principal_of(data: Mapping[str, Any]) -> Principal:
    """Read what ``kept_principal`` returned."""
    allowance = None
    if "models" in data:
        budget = data.get("budget")
        allowance = Allowance(budget=None if budget is None else Budget(**budget), models=tuple(data["models"]))
    scopes = frozenset(data["scopes"])
    return Principal(data["id"], data["tenant"], scopes, data.get("credential", ""), allowance)


def _text(where: str, given: Mapping[str, Any], key: str, most: int) -> str:
    value = given.get(key)
    if not isinstance(value, str) or not value or len(value) > most:
        raise InputError(f"{where}: {key} is a text of 1 to {most} characters")
    return value


def _flag(where: str, given: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = given.get(key, default)
    if not isinstance(value, bool):
        raise InputError(f"{where}: {key} is true or false")
    return value


def _one_of(where: str, value: Any) -> str:
    if value not in {"once", "skip"}:
        raise InputError(f'{where}: missed is "once" or "skip"')
    return str(value)


def _zone(where: str, value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, TypeError, OSError):
        raise InputError(f"{where}: there is no time zone {str(value)[:70]!r}", hint="as in Europe/Berlin") from None


def _every(where: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 315_360_000:  # noqa: PLR2004
        raise InputError(f"{where}: every is a number of seconds, 1 or more")
    return float(value)


def _at(where: str, value: Any, zone: ZoneInfo) -> float | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
        at = (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()
        datetime.fromtimestamp(at, zone)  # at the ends of the calendar there are times that a zone has no date for
    except (ValueError, TypeError, OverflowError, OSError):
        raise InputError(f"{where}: at is a time, as in 2027-01-31T09:00") from None
    return at


def _cron(where: str, value: Any) -> str | None:
    if value is None:
        return None
    try:
        from cronsim import CronSim, CronSimError
    except ImportError:
        raise MissingExtraError("schedules with cron", "schedules") from None
    fields = 5
    # It is read again with every look at what is due.
    if not isinstance(value, str) or len(value) > MAX_CRON or len(value.split()) != fields:
        raise InputError(
            f"{where}: cron has five fields: minute, hour, day, month, weekday, in up to {MAX_CRON} characters"
        )
    try:
        next(CronSim(value, datetime(2024, 1, 1, tzinfo=UTC)), None)
    except CronSimError as e:
        raise InputError(f"{where}: cron {value[:100]!r}: {e}") from None
    return value
