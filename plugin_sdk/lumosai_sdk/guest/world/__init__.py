"""The parts of the standard library that would ask an operating system, made to ask the host, or to say what to do.

There is no WASI behind a guest: a call that is not replaced here ends the instance, and nobody is told why. None of it
guards anything: the sandbox does. It is put in place while the component is built (``install``), where files and clocks
are still there and the plugin's modules may use them; the first call of the host's shuts the door (``close``).
"""

from __future__ import annotations

from lumosai_sdk.guest.objects import Ask
from lumosai_sdk.guest.world import chance, clocks, files, lines, modules
from lumosai_sdk.guest.world.state import World


def install(ask: Ask) -> None:
    """Replace what has to be, before the plugin's own modules are imported and keep the originals."""
    clocks.install(ask)
    chance.install(ask)
    files.install()
    modules.install()
    lines.install(ask)


def close() -> None:
    """From now on there is nothing outside but the host. Costs some microseconds, once an instance."""
    World.closed = True
    modules.close()
