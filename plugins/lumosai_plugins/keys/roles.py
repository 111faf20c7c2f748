"""What a key may be made for: the host's scopes, and names for the usual bundles of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from lumosai_sdk.errors import InputError

READ = ("agent.read", "api.read", "model.read", "panel.read", "plugin.read", "response.read", "run.read", "thread.read",
        "tool.read", "usage.read")  # fmt: skip
RUN = ("agent.read", "agent.run", "api.read", "model.read", "response.cancel", "response.delete", "response.read",
       "run.cancel", "run.read", "run.resume", "thread.delete", "thread.read", "thread.write",
       "usage.read")  # fmt: skip
ROLES: Mapping[str, tuple[str, ...]] = {
    "read": READ,
    "run": RUN,
    "build": tuple(sorted({*READ, *RUN, "agent.preview", "model.call", "route.call", "tool.call"})),
    "owner": ("*",),
}
SCOPES = tuple(sorted({*ROLES["build"], "config.manage", "config.read", "plugin.manage", "usage.manage", "*"}))


def scopes_of(roles: Iterable[str], scopes: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes of roles and those named besides. Raises InputError for none, and for unknown ones."""
    named = set(scopes)
    for scope in sorted(named):
        if scope not in SCOPES and not scope.startswith("x-"):
            raise InputError(f"there is no scope {scope!r}{_near(scope)}", hint=f"there are: {', '.join(SCOPES)}")
    found = {s for role in roles for s in ROLES[role]} | named
    if not found:
        raise InputError(
            "a key that may do nothing is good for nothing", hint="--role read|run|build|owner, or --scope agent.run"
        )
    return ("*",) if "*" in found else tuple(sorted(found))


def _near(scope: str) -> str:
    close = get_close_matches(scope, SCOPES, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
