"""A processor, as a class: it needs the plugin's settings, so it is constructed with the PluginContext."""

from __future__ import annotations

from typing import Any

from lumosai_sdk import BlockedError, Phase, PluginContext, RunInfo


class Gentle:
    """Ends a run whose answer is longer than the setting ``longest_answer``: the moon does not shout."""

    phases: frozenset[Phase] = frozenset({"output"})

    def __init__(self, context: PluginContext) -> None:
        self._longest = int(context.settings.get("longest_answer", 20_000))

    async def process(self, phase: Phase, value: Any, context: RunInfo) -> Any:
        """Let an answer pass as it is. Raises BlockedError for one that is too long."""
        if len(value) > self._longest:
            raise BlockedError(
                f"the {phase} of agent {context.agent!r} has {len(value)} characters; {self._longest} may pass",
                hint="raise longest_answer in [plugins.moon.settings], or take moon.gentle from the agent's processors",
            )
        return value
