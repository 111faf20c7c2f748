"""The tour's marketplace: where it is, what a host that tours sees of it, and its life.

Everything of it lies in one folder, ``.lumos/tour`` beside the configuration: the marketplace's data, and what an owner
decides (``lumos.toml``, ``lumos-trust.toml``, ``lumos.lock``). The owner's own files stay as they are.
"""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai.cli.output import tell
from lumosai.config.load import Loaded, load
from lumosai.plugins.index import Delivered, delivered_to

if TYPE_CHECKING:
    from lumosai_marketplace.embedded import Embedded, Seeding

CHECKOUT = Path(__file__).parents[3]
PORT = 8640
"""Beside that of `lumos marketplace serve`, which may be running."""

_FOLDER = "tour"
_CONFIG = """\
# The tour's own folder: what you install here is the tour's, and your own files stay as they are.
# Delete the folder when you are done with it; the next tour makes it anew.
[marketplace]
index = "{url}"
"""
_NEEDED = {
    "sandbox": ("wasmtime",),
    "marketplace": ("sigstore", "tuf"),
    "marketplace-server": ("fastapi", "sqlalchemy", "aiosqlite", "alembic", "obstore", "jinja2", "rapidfuzz"),
}


def lacking() -> str | None:
    """Return the pip command that installs what the marketplace needs and is not there, None where all is."""
    extras = [e for e, modules in _NEEDED.items() if any(find_spec(m) is None for m in modules)]
    return f"pip install 'lumosai[{','.join(extras)}]'" if extras else None


def is_checkout() -> bool:
    """Tell whether this is the project's own repository: what is installed with pip has no plugins to build."""
    return any(CHECKOUT.glob("plugins/lumosai-*/pyproject.toml"))


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a tour, and the socket that its marketplace listens on.

    The folder belongs to the port: an index is known, and trusted, by its address.
    """

    folder: Path
    port: int
    listener: socket.socket

    @property
    def url(self) -> str:
        """The address of the index."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def config(self) -> Path:
        """The tour's own lumos.toml."""
        return self.folder / "lumos.toml"

    def close(self) -> None:
        """Let go of the port."""
        self.listener.close()


def find_place(base: Path, *, port: int = PORT) -> Place:
    """Take the port that is meant, or that of an earlier tour in *base*, or any; each has a folder of its own.

    Raises OSError.
    """
    from lumosai_marketplace.embedded import listen

    for each in [*([port] if port else []), *_ports(base), 0]:
        if (listener := listen(each)) is not None:
            number = int(listener.getsockname()[1])
            return Place(_folder(base, number), number, listener)
    raise OSError("no port of 127.0.0.1 can be listened on")


def _folder(base: Path, port: int) -> Path:
    return base / ".lumos" / (_FOLDER if port == PORT else f"{_FOLDER}-{port}")


def _ports(base: Path) -> list[int]:
    """Return the ports of the tours that were made in *base*."""
    found = (re.fullmatch(rf"{_FOLDER}-([0-9]{{2,5}})", p.name) for p in base.glob(f".lumos/{_FOLDER}-*"))
    return sorted(int(m[1]) for m in found if m is not None)


@dataclass(frozen=True)
class Touring(Loaded):
    """The owner's configuration, with the plugins of the tour's marketplace for those of the owner's."""

    tour: Path

    @property
    def delivered(self) -> Delivered:
        """Where the tour's ``lumos.lock`` and store are."""
        return delivered_to(str(self.tour), str(self.tour / ".lumos"))


def touring(loaded: Loaded, place: Place) -> Touring:
    """Return the configuration of a host that tours. Raises OSError."""
    place.folder.mkdir(parents=True, exist_ok=True)
    if not place.config.exists():
        place.config.write_text(_CONFIG.format(url=place.url), encoding="utf-8")
    return Touring(loaded.config, loaded.path, place.folder)


def opened(loaded: Loaded, port: int | None) -> tuple[Loaded, TourMarket | None]:
    """Return the configuration of a host that tours, and its marketplace, not yet serving.

    Without one it is the owner's own configuration. *port* is the host's: who wants any for that wants any for both.
    """
    if not is_checkout():
        return loaded, None
    if command := lacking():
        tell(f"the tour leaves out the marketplace: {command} brings it")
        return loaded, None
    place = None
    try:
        place = find_place(loaded.base, port=0 if port == 0 else PORT)
        tour = touring(loaded, place), TourMarket(place)
    except OSError as e:
        if place is not None:
            place.close()
        tell(f"the tour leaves out the marketplace: {e}")
        return loaded, None
    if Path(loaded.delivered.lock).is_file():
        tell(f"the tour has its own plugins; those of {loaded.delivered.lock} are there again without --tour")
    return tour


class TourMarket:
    """The marketplace of a tour. ``started`` is set when it serves, or when ``problem`` says why it does not."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.embedded: Embedded | None = None
        self.seeding: Seeding | None = None
        self.problem: Exception | None = None
        self.started = asyncio.Event()
        self.filled = asyncio.Event()

    @property
    def loaded(self) -> Loaded:
        """The tour's own configuration. Raises ConfigError."""
        return load(self.place.config)

    async def run(self) -> None:
        """Serve, and fill what is served, until cancelled."""
        try:
            await self._serve()
            await asyncio.get_running_loop().create_future()
        finally:
            if self.embedded is not None:
                await asyncio.shield(self.embedded.aclose())
            self.place.close()

    async def _serve(self) -> None:
        try:
            await asyncio.to_thread(_import)
            from lumosai.cli.tourbuild import build
            from lumosai_marketplace.embedded import Seeding, sources, start

            self.embedded = await start(self.place.folder / "index", self.place.listener)
            plugins = await asyncio.to_thread(sources, CHECKOUT)
            self.seeding = Seeding(self.embedded, self.place.folder / "made", plugins, build)
            self.started.set()
            await self.seeding.run()
        except Exception as e:  # noqa: BLE001 - the tour tells it, when it comes to it; the host serves on
            self.problem = e
        finally:
            self.started.set()
            self.filled.set()


def _import() -> None:
    """Import in a thread what the tour will need: it takes a second, in which the host has to answer."""
    for module in ("embedded", "client.session", "client.publish", "trust.verify", "trust.tufclient"):
        import_module(f"lumosai_marketplace.{module}")
