"""Fetching models through the providers that can: those with a ``pull`` method."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from lumosai.cli import style
from lumosai.cli.output import tell
from lumosai_sdk.errors import InputError, NotFoundError
from lumosai_sdk.kinds.provider import Puller

if TYPE_CHECKING:
    from lumosai.host import Host
    from lumosai.plugins.registry import Entry

_STEP_SECONDS = 5.0
_BAR = 30


def pullable(host: Host) -> list[str]:
    """Return the default models whose provider can fetch them."""
    chosen = (host.planner.resolve(m) for m in (host.config.models.default, host.config.models.embedding))
    return [ref for ref in dict.fromkeys(chosen) if _puller(host, ref.partition("/")[0]) is not None]


async def pull(host: Host, name: str) -> tuple[str, str]:
    """Fetch a model, showing how far it is; return its full name and its folder. Raises NotFoundError, LumosError."""
    entry, provider, model = await _found(host, name)
    ref = f"{entry.id}/{model}"
    bar = ProgressBar(ref)
    try:
        folder = await entry.generation.guard(f"pulling {model!r}", lambda: provider.pull(model, bar.update))
        return ref, str(folder)
    finally:
        bar.close()


async def _found(host: Host, name: str) -> tuple[Entry, Puller, str]:
    provider_id, slash, model = name.partition("/")
    ids = [provider_id] if slash else host.registry.ids("provider")
    pullers = [(i, p) for i in ids if (p := _puller(host, i)) is not None]
    if slash and not pullers:
        entry = host.registry.get("provider", provider_id)
        raise InputError(f"the models of {entry.id!r} are not fetched: its provider has no pull", hint="lumos models")
    wanted = model if slash else name
    known: list[str] = []
    for found, puller in pullers:
        offered = [m.id for m in await puller.models()]
        if wanted in offered:
            return host.registry.get("provider", found), puller, wanted
        known += [f"{found}/{m}" for m in offered]
    raise NotFoundError("model to fetch", name, known, hint="lumos models")


def _puller(host: Host, provider_id: str) -> Puller | None:
    from lumosai_sdk.errors import LumosError

    entry = host.registry.find("provider", provider_id)
    try:
        return entry.obj if entry is not None and isinstance(entry.obj, Puller) else None
    except LumosError:
        return None


class ProgressBar:
    """How far a download is: a bar that redraws itself on a terminal, else a line now and then."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._live = style.is_tty(sys.stderr)
        self._last = 0.0
        self._drawn = False
        self._shown = ""

    def update(self, done: int, total: int) -> None:
        """Show that *done* of *total* bytes are there."""
        now = time.monotonic()
        if done < total and now - self._last < (0.1 if self._live else _STEP_SECONDS):
            return
        if done >= total and not self._drawn:
            return  # it was there already
        text = f"{self._name}  {done / 1e6:5.0f} of {total / 1e6:.0f} MB  {100 * done // max(total, 1):3d} %"
        if text == self._shown:
            return  # all is there, and is told again while it is being checked
        self._last, self._drawn, self._shown = now, True, text
        if not self._live:
            tell(f"fetching {text}")
            return
        full = _BAR * done // max(total, 1)
        bar = style.paint("━" * full, style.GREEN, sys.stderr) + style.paint("━" * (_BAR - full), style.DIM, sys.stderr)
        sys.stderr.write(f"\r{bar} {text}")
        sys.stderr.flush()

    def close(self) -> None:
        """End the line."""
        if self._live and self._drawn:
            sys.stderr.write("\n")
            sys.stderr.flush()
