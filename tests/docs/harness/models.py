"""What stands in for the embedded model: tests have no network to fetch it through.

The words are those that the embedded model was seen to answer with.
"""

from __future__ import annotations

import json

_HOTEL = "How much may a hotel in Oslo cost?"
_HOLIDAYS = "How many days of holiday do I have?"
_LAPTOP = "Who do I report a lost laptop to?"
_CALLS = [
    ("17 * 23", "calculator.evaluate", {"expression": "17 * 23"}),
    ("apples", "stock", {"item": "apples"}),
    ("Fahrenheit", "units.celsius", {"fahrenheit": 70}),
    ("the moon", "moon.phase", {"date": "2026-11-24"}),
    *((asked, "knowledge.search", {"question": asked}) for asked in (_HOTEL, _HOLIDAYS, _LAPTOP)),
    ("Where in the handbook", "knowledge.search", {"question": "Where in the handbook is [secret withheld]?"}),
    ("What did I tell you", "remember.search", {"query": "my dog"}),
]
_ANSWERS = [
    ("391", "17 * 23 = 391"),
    ("are left", "{input}"),
    ("°C", "70 degrees Fahrenheit is {input}."),
    ("Full moon", "The phase is Full moon (next new moon: 00:52 UTC on Wednesday, 9 December 2026)."),
]
_TOLD = """A hotel may cost 140 euros a night. In Oslo and Zurich it may cost 210 euros. [1]

[1] Travel (handbook/travel.md), Travel, characters 0-179"""
_PASSAGES = [
    (r'"number": 1, "where": "Travel', _TOLD),
    (r'"number": 1, "where": "Holidays', "Everybody has 30 days of holiday a year. [1]"),
    (r'"number": 1, "where": "Security', "A lost laptop is reported to Mira Okafor within an hour. [1]"),
    (r"(?s).*the person: My dog.*", "{0}"),
    ("there is no tool", "I don't know."),
]
RULES = [
    *({"regex": told, "on": "tool", "reply": answer} for told, answer in _PASSAGES),
    *({"match": asked, "on": "user", "tool": tool, "arguments": arguments} for asked, tool, arguments in _CALLS),
    *({"match": told, "on": "tool", "reply": answer} for told, answer in _ANSWERS),
    {"match": "My dog is called Bruno.", "on": "user", "reply": "That is a nice name."},
]

_WORDS = "scripted/words"
MODEL = {
    "LUMOS_MODELS__EMBEDDING": _WORDS,
    "LUMOS_PLUGINS__KNOWLEDGE": json.dumps({"settings": {"model": _WORDS}}),
    "LUMOS_PLUGINS__REMEMBER": json.dumps({"settings": {"recall": {"model": _WORDS}}}),
    "LUMOS_MODELS__DEFAULT": "scripted/script",
    "LUMOS_PLUGINS__SCRIPTED": json.dumps({"settings": {"rules": RULES}}),
}
