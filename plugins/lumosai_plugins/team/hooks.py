"""The plugin's hooks. Without named agents, handoffs or councils there are no tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumosai_sdk import hookimpl
from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumosai_sdk.types.plugins import PluginContext

_OFFERED = ("agents", "handoffs", "councils")


def hooks(context: PluginContext) -> Hooks:
    """Return the plugin's hooks. Raises ConfigError for a council that cannot decide."""
    councils: Mapping[str, Mapping[str, Any]] = context.settings.get("councils", {})
    for name, council in councils.items():
        where = f"[plugins.team.settings.councils.{name}]"
        if name in context.settings.get("agents", ()):
            raise ConfigError(f"{where}: there is an agent of this name that may be asked")
        if council.get("decide") == "judge" and not council.get("judge"):
            raise ConfigError(f"{where}: name the judge, an agent")
    return Hooks(context)


class Hooks:
    """Offers agents and councils as tools."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context

    @hookimpl
    def lumos_contribute(self, contributions: Any) -> None:
        """Contribute a tool for each of them."""
        settings = self._context.settings
        if not any(settings.get(k) for k in _OFFERED) or self._context.services is None:
            return
        from lumosai_plugins.team.council import Council
        from lumosai_plugins.team.handoff import Handoff
        from lumosai_plugins.team.member import Member

        about = {str(a["id"]): str(a.get("description", "")) for a in self._context.host.agents()}
        for agent in settings.get("agents", ()):
            contributions.add("tool", f"team.{agent}", Member(self._context, agent, about.get(agent, "")))
        for agent in settings.get("handoffs", ()):
            made = Handoff(self._context, agent, about.get(agent, ""))
            contributions.add("tool", made.spec.id, made)
        for name, council in settings.get("councils", {}).items():
            contributions.add("tool", f"team.{name}", Council(self._context, name, council))
