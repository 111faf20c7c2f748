"""What of a changed configuration a running host takes over, and what waits for its next start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumosai.config.model import Config

if TYPE_CHECKING:
    from pydantic import BaseModel

HELD: Final[dict[str, tuple[str, ...]]] = {
    "host": ("data_dir", "plugin_paths", "safe_mode"),
    "server": ("host", "port", "workers", "auth", "trusted_proxies", "max_body"),
    "storage": (),
    "sandbox": (),
    "marketplace": (),
}
"""What a host stands on while it runs, by section; of a section without keys it is all of them."""


def merged(running: Config, fresh: Config) -> tuple[Config, tuple[str, ...]]:
    """Return what a host goes by that runs on the one and reads the other, and which keys wait for its next start."""
    changes: dict[str, BaseModel] = {}
    waiting: list[str] = []
    for name, keys in HELD.items():
        was, now = getattr(running, name), getattr(fresh, name)
        held = [k for k in keys or type(was).model_fields if getattr(was, k) != getattr(now, k)]
        if name == "server" and "auth" in held and was.cors != now.cors:
            held.append("cors")  # which pages are let in was decided for the door as it will be, not as it is
        waiting += [f"[{name}] {k}" for k in held]
        changes[name] = now.model_copy(update={k: getattr(was, k) for k in held})
    return fresh.model_copy(update=changes), tuple(waiting)
