"""Time zones by the names people give them: `Europe/Paris`, `Paris`, `UTC`, `+02:00`, `local`."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from difflib import get_close_matches
from functools import lru_cache

from lumosai_sdk import ToolError

LOCAL = "local"
MAX_LENGTH = 64
_OFFSET = re.compile(r"^(?:utc|gmt)?\s*([+-])(\d{1,2}):?(\d{2})?$")
_UTC = frozenset({"utc", "gmt", "z", "zulu"})
_COUNTRIES = {
    "china": "Asia/Shanghai",
    "england": "Europe/London",
    "france": "Europe/Paris",
    "germany": "Europe/Berlin",
    "india": "Asia/Kolkata",
    "italy": "Europe/Rome",
    "korea": "Asia/Seoul",
    "south korea": "Asia/Seoul",
    "spain": "Europe/Madrid",
    "switzerland": "Europe/Zurich",
    "san francisco": "America/Los_Angeles",
    "uk": "Europe/London",
}
"""What the tz database does not hold under the name people use, where there is only one answer."""


def zone(name: str) -> tzinfo:
    """Return the time zone of that name. Raises ToolError offering what is near."""
    plain = " ".join(name.strip().casefold().replace("_", " ").split())
    if plain in {"", LOCAL, "here"}:
        return _local()
    if plain in _UTC:
        return UTC
    if offset := _OFFSET.match(plain):
        return _fixed(*offset.groups())
    key = _names().get(plain) if len(plain) <= MAX_LENGTH else None
    if key is None:
        raise ToolError(f"there is no time zone {name[:MAX_LENGTH]!r}{_offer(plain)}")
    return zoneinfo.ZoneInfo(key)


def label(moment: datetime) -> str:
    """Return the name of the zone a time is in, as the tz database has it where it does."""
    return getattr(moment.tzinfo, "key", None) or moment.tzname() or "UTC"


def _local() -> tzinfo:
    return datetime.now().astimezone().tzinfo or UTC


def _fixed(sign: str, hours: str, minutes: str | None) -> tzinfo:
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    # The widest offsets in use are +14:00 and -12:00.
    if offset > timedelta(hours=14):
        raise ToolError(f"no place on Earth is {sign}{hours}:{minutes or '00'} from UTC")
    return timezone(offset if sign == "+" else -offset)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Return full names and city names, in lower case, with the key each one stands for."""
    keys = sorted(zoneinfo.available_timezones(), key=_preference)
    names: dict[str, str] = {}
    for key in keys:
        plain = key.casefold().replace("_", " ")
        names[plain] = key
        names.setdefault(plain.rpartition("/")[2], key)
    for country, key in _COUNTRIES.items():
        if key.casefold() in names:
            names.setdefault(country, key)
    return names


def _preference(key: str) -> tuple[int, str]:
    """Order keys so that a city's own region comes before aliases such as `posix/` and `US/`."""
    regions = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    return (0 if key.partition("/")[0] in regions else 1, key)


def _offer(plain: str) -> str:
    close = get_close_matches(plain[:MAX_LENGTH], _names(), n=3)
    if close:
        return f"; did you mean {', '.join(_names()[c] for c in close)}?"
    return "; write it as in Europe/Paris, or as an offset such as +02:00"
