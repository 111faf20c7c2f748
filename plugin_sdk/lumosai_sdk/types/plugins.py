"""What a plugin's factories are handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lumosai_sdk.errors import PluginUnavailableError
from lumosai_sdk.permissions import NOTHING, Permissions
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.sandbox import DEFAULT, SandboxPolicy

if TYPE_CHECKING:
    import logging

    from lumosai_sdk.types.services import HostServices, TrustedServices


def _nowhere(event: Event) -> None: ...


@dataclass(frozen=True, slots=True)
class PluginContext:
    """A plugin's own view of the host.

    ``settings`` are its ``[plugins.<name>.settings]``, checked against the manifest's schema, secrets wrapped in
    ``Secret``; ``permissions`` what it asked for and was granted; ``granted`` what its owner wrote, whatever it asked
    for (None: the same); ``data_dir`` a folder of its own, made on first use by whoever writes there; ``root`` the
    folder of its package; ``base`` the folder of ``lumos.toml``, where relative paths in settings start; ``config``
    that file, whatever it is called, if there is one; ``emit`` puts an event on the bus; ``services`` are the host's
    own, for whoever enforces the plugin's rights; ``sandbox`` is how its owner wants a plugin of the runtime ``wasm``
    to be held.
    """

    name: str
    version: str = "0"
    settings: Mapping[str, Any] = field(default_factory=dict)
    permissions: Permissions = NOTHING
    granted: Permissions | None = None
    data_dir: Path = Path(".lumos")
    root: Path = Path()
    base: Path = Path()
    config: Path | None = None
    emit: Callable[[Event], None] = _nowhere
    services: HostServices | None = None
    sandbox: SandboxPolicy = DEFAULT

    @property
    def host(self) -> TrustedServices:
        """What the host does for a plugin in its own process. Raises PluginUnavailableError where there is none."""
        if self.services is None:
            raise PluginUnavailableError(self.name, "asking the host", "there is no host behind it")
        return cast("TrustedServices", self.services)

    @property
    def log(self) -> logging.Logger:
        """The plugin's logger, ``lumosai.plugin.<name>``."""
        import logging

        return logging.getLogger(f"lumosai.plugin.{self.name}")
