"""The tools ``time.now`` and ``time.convert``."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Annotated, TypedDict

from lumosai_plugins.time.zones import MAX_LENGTH, label, zone
from lumosai_sdk import PluginContext, ToolError
from lumosai_sdk.functions import FunctionTool

ZoneName = Annotated[str, {"maxLength": MAX_LENGTH}]
TimeText = Annotated[str, {"minLength": 1, "maxLength": 40}]
_HALF_DAY = 12
_CLOCK = re.compile(r"^(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s*(am|pm)?$", re.IGNORECASE)


class Moment(TypedDict):
    """A point in time as people in one place would tell it."""

    iso: str
    date: str
    time: str
    weekday: str
    timezone: str
    utc_offset: str
    unix: int


class Clock:
    """The tools, with the owner's own time zone for when none is named."""

    def __init__(self, context: PluginContext) -> None:
        self._default = str(context.settings.get("timezone") or "local")

    def now(self, timezone: ZoneName = "") -> Moment:
        """Tell the current time, date and day of the week, here or in another city or time zone.

        Args:
            timezone: A city or time zone such as Tokyo, Europe/Paris, UTC or +02:00; empty for here.
        """
        return moment(datetime.now(self._zone(timezone)))

    def convert(self, time: TimeText, to_timezone: ZoneName, from_timezone: ZoneName = "") -> Moment:
        """Convert a time of day or a date and time from one city or time zone to another.

        Args:
            time: The time to convert, such as 15:30, 3 pm or 2026-11-22T15:30; without a date it is today's.
            to_timezone: The city or time zone to convert to.
            from_timezone: The city or time zone the time is told in; empty for here.
        """
        told, there = read(time, self._zone(from_timezone)), self._zone(to_timezone)
        try:
            return moment(told.astimezone(there))
        except OverflowError:
            raise ToolError(f"{time!r} is beyond the calendar there: the years go from 1 to 9999") from None

    def _zone(self, name: str) -> tzinfo:
        return zone(name.strip() or self._default)


class Now(FunctionTool[..., Moment]):
    """The tool ``time.now``."""

    def __init__(self, context: PluginContext) -> None:
        made = FunctionTool.of(Clock(context).now, id="time.now")
        super().__init__(made.fn, made.spec, made.signature)


class Convert(FunctionTool[..., Moment]):
    """The tool ``time.convert``."""

    def __init__(self, context: PluginContext) -> None:
        made = FunctionTool.of(Clock(context).convert, id="time.convert")
        super().__init__(made.fn, made.spec, made.signature)


def moment(when: datetime) -> Moment:
    """Return a time in all the ways it is told. *when* must know its zone."""
    offset = when.strftime("%z")
    return {
        "iso": when.isoformat(timespec="seconds"),
        "date": when.date().isoformat(),
        "time": when.strftime("%H:%M:%S"),
        "weekday": _WEEKDAYS[when.weekday()],
        "timezone": label(when),
        "utc_offset": f"{offset[:3]}:{offset[3:5]}",
        "unix": int(when.timestamp()),
    }


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""Not strftime's, which speaks the language of the machine."""


def read(text: str, where: tzinfo) -> datetime:
    """Return the time *text* tells, in the zone *where* unless it names its own. Raises ToolError."""
    plain = text.strip()
    try:
        if match := _CLOCK.match(plain):
            return _today(match, where)
        when = datetime.fromisoformat(plain)
        when = when if when.tzinfo else when.replace(tzinfo=where)
        when.timestamp()
    except (ValueError, OverflowError):
        raise ToolError(f"{plain!r} is no time; write it as 15:30, 3 pm or 2026-11-22T15:30") from None
    return when


def _today(match: re.Match[str], where: tzinfo) -> datetime:
    hour, half = int(match[1]), (match[4] or "").lower()
    if half:
        if not 1 <= hour <= _HALF_DAY:
            raise ValueError(hour)
        hour = hour % _HALF_DAY + (_HALF_DAY if half == "pm" else 0)
    return datetime.now(where).replace(hour=hour, minute=int(match[2] or 0), second=int(match[3] or 0), microsecond=0)
