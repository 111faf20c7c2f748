"""What stands in for the embedded model: tests have no network to fetch it through.

The words are those that the embedded model was seen to answer with.
"""

from __future__ import annotations

import json

_CALLS = [
    ("17 * 23", "calculator.evaluate", {"expression": "17 * 23"}),
    ("apples", "stock", {"item": "apples"}),
    ("Fahrenheit", "units.celsius", {"fahrenheit": 70}),
    ("the moon", "moon.phase", {"date": "2026-11-24"}),
]
_ANSWERS = [
    ("391", "17 * 23 = 391"),
    ("are left", "{input}"),
    ("°C", "70 degrees Fahrenheit is {input}."),
    ("Full moon", "The phase is Full moon (next new moon: 00:52 UTC on Wednesday, 9 December 2026)."),
]
RULES = [
    *({"match": asked, "on": "user", "tool": tool, "arguments": arguments} for asked, tool, arguments in _CALLS),
    *({"match": told, "on": "tool", "reply": answer} for told, answer in _ANSWERS),
]

MODEL = {
    "LUMOS_MODELS__DEFAULT": "scripted/script",
    "LUMOS_PLUGINS__SCRIPTED": json.dumps({"settings": {"rules": RULES}}),
}
