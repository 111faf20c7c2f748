"""The LumosAI host: it finds plugins, runs agents with what they contribute, and serves them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lumosai.version import __version__

if TYPE_CHECKING:
    from lumosai.agents.agent import Agent
    from lumosai.agents.leave import Leave
    from lumosai.config.load import load as load_config
    from lumosai.config.model import Config
    from lumosai.host import Host

_HOMES = {
    "Agent": "lumosai.agents.agent:Agent",
    "Config": "lumosai.config.model:Config",
    "Host": "lumosai.host:Host",
    "Leave": "lumosai.agents.leave:Leave",
    "load_config": "lumosai.config.load:load",
}

__all__ = ["Agent", "Config", "Host", "Leave", "__version__", "load_config"]


def __getattr__(name: str) -> Any:
    try:
        module, _, attribute = _HOMES[name].partition(":")
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value
