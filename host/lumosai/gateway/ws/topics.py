"""What can be followed, and who may."""

from __future__ import annotations

import re

from lumosai_sdk.errors import InputError

RUN = "run."
EVERY = ("runs", "plugin.*", "system.*")
_PLUGIN = re.compile(r"plugin\.[a-z][a-z0-9_-]{0,63}")


def needed(topic: str) -> tuple[str, str]:
    """Return the action and the resource that following a topic takes leave for. Raises InputError for no topic."""
    if topic == "runs":
        return "run.read", ""
    if topic.startswith(RUN) and len(topic) > len(RUN):
        return "run.read", topic.removeprefix(RUN)
    if _PLUGIN.fullmatch(topic):
        return "plugin.manage", topic.removeprefix("plugin.")
    if topic in EVERY:
        return "plugin.manage", ""
    raise InputError(f"there is no topic {topic!r}", hint=f"run.<id>, plugin.<name>, {', '.join(EVERY)}")
