"""Find a time zone in a request: its IANA name, an abbreviation, or a city or country that lies in one."""

from __future__ import annotations

import re
from functools import cache

_REGIONS = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
_ALIASES = {
    "Africa/Johannesburg": "cape town|south africa",
    "Africa/Nairobi": "kenya",
    "America/Argentina/Buenos_Aires": "argentina",
    "America/Chicago": "cst|central time|dallas|houston|austin",
    "America/Los_Angeles": "pst|pdt|pacific time|california|san francisco|seattle|san diego|la|las vegas",
    "America/Denver": "mst|mountain time",
    "America/Mexico_City": "mexico",
    "America/New_York": "est|edt|eastern time|nyc|washington|boston|miami|philadelphia|atlanta",
    "America/Sao_Paulo": "rio de janeiro|rio|brazil|brasilia|são paulo",
    "Asia/Bangkok": "thailand",
    "Asia/Dubai": "abu dhabi|emirates",
    "Asia/Jakarta": "indonesia",
    "Asia/Jerusalem": "israel",
    "Asia/Kolkata": "ist|india|mumbai|bombay|delhi|new delhi|bangalore|bengaluru|chennai|hyderabad",
    "Asia/Manila": "philippines",
    "Asia/Seoul": "korea|south korea",
    "Asia/Shanghai": "beijing|china|shenzhen|guangzhou",
    "Asia/Tokyo": "japan|osaka|kyoto",
    "Australia/Sydney": "canberra",
    "Europe/Amsterdam": "netherlands|rotterdam",
    "Europe/Athens": "greece",
    "Europe/Berlin": "germany|munich|hamburg|frankfurt|cologne|cet|cest",
    "Europe/Dublin": "ireland",
    "Europe/Istanbul": "turkey|ankara",
    "Europe/Kyiv": "kiev|ukraine",
    "Europe/Lisbon": "portugal|porto",
    "Europe/London": "uk|england|britain|united kingdom|edinburgh|manchester|scotland|bst",
    "Europe/Madrid": "spain|barcelona",
    "Europe/Moscow": "russia",
    "Europe/Paris": "france|lyon|marseille|nice",
    "Europe/Rome": "italy|milan|naples|venice",
    "Europe/Stockholm": "sweden",
    "Europe/Oslo": "norway",
    "Europe/Vienna": "austria",
    "Europe/Warsaw": "poland|krakow",
    "Europe/Zurich": "switzerland|geneva|basel|bern",
    "Pacific/Auckland": "new zealand|wellington",
    "Pacific/Honolulu": "hawaii",
    "UTC": "utc|gmt|zulu",
}
_IANA = re.compile(r"\b[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_\-]+){1,2}\b")
_PLACE = re.compile(r"\b(?:in|at|for|of|over in)\s+((?:the\s+)?[^\W\d_][\w.'\- ]*)", re.IGNORECASE)
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[^\W\d_a-z][\w.'\-]*(?:\s+[^\W\d_a-z][\w.'\-]*)*")
_MOST_WORDS = 3


def find_zones(text: str) -> list[tuple[str, int]]:
    """Return the IANA names of the time zones ``text`` names, with where, in the order they are named."""
    known = _cities()
    names = set(known.values())
    found = {m.start(): m[0] for m in _IANA.finditer(text) if m[0] in names}
    for match in (*_PLACE.finditer(text), *_NAME.finditer(text)):
        phrase = match[match.lastindex or 0]
        if zone := _first(phrase.lower().removeprefix("the "), known):
            found.setdefault(match.start(match.lastindex or 0), zone)
    return [(zone, start) for start, zone in sorted(found.items())]


def _first(phrase: str, known: dict[str, str]) -> str | None:
    words = re.findall(r"[\w'\-]+", phrase)
    for count in range(min(_MOST_WORDS, len(words)), 0, -1):
        if zone := known.get(" ".join(words[:count])):
            return zone
    return None


@cache
def _cities() -> dict[str, str]:
    from zoneinfo import available_timezones

    zones = sorted(z for z in available_timezones() if z.startswith(_REGIONS))
    found = {z.rpartition("/")[2].replace("_", " ").lower(): z for z in zones}
    found |= {name: zone for zone, names in _ALIASES.items() for name in names.split("|")}
    return found
