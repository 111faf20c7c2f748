"""What stands in for the embedded model: tests have no network to fetch it through, and its words are not the point."""

from __future__ import annotations

import json

RULES = [
    {"match": "17 * 23", "on": "user", "tool": "calculator.evaluate", "arguments": {"expression": "17 * 23"}},
    {"on": "tool", "reply": "{input}"},
    {"reply": "You said: {input}"},
]

MODEL = {
    "LUMOS_MODELS__DEFAULT": "scripted/script",
    "LUMOS_PLUGINS__SCRIPTED": json.dumps({"settings": {"rules": RULES}}),
}
