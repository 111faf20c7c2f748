"""How the configuration wants a sandboxed plugin to be held."""

from __future__ import annotations

from pathlib import Path

from lumosai.config.model import PluginConfig, SandboxConfig
from lumosai_sdk.types.sandbox import SandboxPolicy


def sandbox_policy(general: SandboxConfig, plugin: PluginConfig, base: Path) -> SandboxPolicy:
    """Return what ``[sandbox]`` says, and ``[plugins.<name>]`` more exactly; relative paths start at *base*."""
    return SandboxPolicy(
        tier=plugin.tier or general.tier,
        without_jail=general.without_jail,
        limits=plugin.limits.model_dump(exclude_none=True),
        ceilings=general.ceilings.model_dump(exclude_none=True),
        cache=None if general.cache is None else base / general.cache.expanduser(),
    )
