"""What every right is made from: the plugin's context, and what to say when something was not granted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from lumosai_sdk.errors import PermissionDeniedError
from lumosai_sdk.permissions import Permissions
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.services import HostServices
from lumosai_sdk.wireerrors import FarError

Function = Callable[..., Awaitable[str]]
"""``await function(caller, *texts)`` returns JSON. Raises LumosError."""
Functions = dict[str, tuple[int, Function]]
"""By name: how many texts a function takes, and itself."""


class Rights:
    """A plugin's rights. All that is here stays the same as long as the plugin's generation does."""

    def __init__(self, context: PluginContext) -> None:
        self.context = context
        self.permissions: Permissions = context.permissions
        self.granted: Permissions = context.permissions if context.granted is None else context.granted

    @property
    def services(self) -> HostServices:
        """The host's services. Raises FarError (``unavailable``) where there are none."""
        if self.context.services is None:
            raise FarError("unavailable", "there is no host behind this plugin here")
        return self.context.services

    def denied(self, what: str, line: str) -> PermissionDeniedError:
        """Return the error for what was not granted; *line* is what would allow it, in the words of a grant."""
        return PermissionDeniedError(what, hint=f"in lumos.toml, under [plugins.{self.context.name}.grant]: {line}")

    def check_switch(self, kind: str) -> None:
        """Raise PermissionDeniedError unless a right that is true or false is granted."""
        if not getattr(self.permissions, kind):
            raise self.denied(f"{kind} is not granted", f"{kind} = true")

    def check_name(self, kind: Any, name: str) -> None:
        """Raise PermissionDeniedError unless a right to something by its name is granted."""
        if not self.permissions.allows_name(kind, name):
            shown = toml_text(name)
            raise self.denied(f"{kind}: {shown} is not granted", f"{kind} = [{shown}]")


def toml_text(text: str, most: int = 200) -> str:
    """Return *text* as a TOML string, cut if it is long: it comes from the plugin, and is shown to people."""
    cut = "".join(c if c.isprintable() and c not in '"\\' else "?" for c in text[:most])
    return f'"{cut}"'
