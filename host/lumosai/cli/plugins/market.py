"""What the commands about marketplaces share: the owner's files, a session, how steps and refusals are told."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli import style
from lumosai.cli.exits import REFUSED
from lumosai.cli.output import say_json, tell
from lumosai.config.load import Loaded, load
from lumosai_sdk import safe
from lumosai_sdk.errors import InputError, LumosError, MissingExtraError, StorageError

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from lumosai_marketplace.client.consent import Ask
    from lumosai_marketplace.client.install import Told
    from lumosai_marketplace.client.market import Market
    from lumosai_marketplace.client.session import Session
    from lumosai_marketplace.names import Name


_DISK = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT}
"""What a disk, or who owns it, says to whoever wants to write."""


def market_of(loaded: Loaded) -> Market:
    """Return the owner's files and indexes. Raises MissingExtraError without the extra ``marketplace``."""
    if find_spec("sigstore") is None or find_spec("tuf") is None:
        raise MissingExtraError("installing plugins from a marketplace", "marketplace")
    from lumosai.plugins import index
    from lumosai_marketplace.client.market import Market

    lock = Path(loaded.delivered.lock)
    # Without what is delivered: that index would be made anew after each install.
    taken = {r["name"]: f"from {r['dist']}" for r in index.load(loaded.plugin_paths)}
    config = loaded.config.marketplace
    made = Market.at(lock.parent, loaded.data_dir)
    own = Path(index.user_data()) / "signing"
    return replace(
        made, lock=lock, index=config.index, indexes=config.indexes, taken=taken, own=own, naming=naming_one(loaded)
    )


def index_url(loaded: Loaded, asked: str | None) -> str:
    """Return the index that is meant, with a slash at its end. Raises InputError."""
    url = asked or loaded.config.marketplace.index
    if not url:
        raise InputError("no index is named", hint=naming_one(loaded))
    return url if url.endswith("/") else f"{url}/"


def installed_name(market: Market, text: str) -> Name:
    """Return the name of a plugin that is installed; its name in this host says it, too. Raises InputError."""
    from lumosai_marketplace.names import Name

    return next((n for n in market.read_lock().plugins if n.plugin == text), None) or Name.parse(text)


def naming_one(loaded: Loaded) -> str:
    """Return how to name an index; who tours in this folder has one already."""
    from lumosai_marketplace.client.market import NAMING

    tour = next((p.parent for p in sorted(loaded.base.glob(".lumos/tour*/lumos.toml"))), None)
    return f"the tour's is named in the tour's own folder: cd {tour.relative_to(loaded.base)}" if tour else NAMING


@asynccontextmanager
async def session(arguments: argparse.Namespace, told: Told) -> AsyncIterator[Session]:
    """Yield a session with the command's options. Raises LumosError."""
    from lumosai_marketplace.client.install import Options
    from lumosai_marketplace.client.session import Session

    market = market_of(load(arguments.config))
    options = Options(
        ask=_asker(arguments),
        told=told,
        frozen=getattr(arguments, "locked", False),
        native=getattr(arguments, "native", False),
    )
    async with Session(market, options) as opened:
        yield opened


def _asker(arguments: argparse.Namespace) -> Ask:
    from lumosai.cli.asking import can_ask
    from lumosai.cli.plugins.agreeing import at_terminal
    from lumosai_marketplace.client.consent import nobody, up_to_policy

    if getattr(arguments, "yes", False):
        return up_to_policy
    return at_terminal if can_ask() and not arguments.json else nobody


def with_session(
    arguments: argparse.Namespace, work: Callable[[Session, argparse.Namespace], Coroutine[Any, Any, int]]
) -> int:
    """Do *work* in a session, its steps told as they come. A refusal is told with its rule. Returns the exit code."""
    from lumosai.cli.loops import run_async

    async def main() -> int:
        with progress() as told:
            async with session(arguments, told) as opened:
                return await work(opened, arguments)

    return refusals(arguments, lambda: run_async(main))


def refusals(arguments: argparse.Namespace, work: Callable[[], int]) -> int:
    """Do *work*; a refusal is told with its rule and the command that would allow it, and has its own exit code."""
    from lumosai_marketplace.errors import RefusedError

    try:
        return work()
    except RefusedError as e:
        if getattr(arguments, "json", False):
            say_json({"ok": False, "refused": e.to_json()})
        else:
            show_refusal(e)
        return REFUSED
    except OSError as e:
        if e.errno not in _DISK:
            raise
        where = f"{e.filename}: " if e.filename else ""
        raise StorageError(
            f"{where}{e.strerror}", hint="LumosAI has to write there: mend that, and do it again"
        ) from None


def show_refusal(error: LumosError) -> None:
    """Tell the person who refused and why."""
    rule = getattr(error, "rule", error.code)
    tell(f"{style.paint('refused', style.RED, sys.stderr)} ({safe.line(rule)}): {safe.lines(error.message)}")
    if error.hint:
        tell(f"{style.paint('hint:', style.CYAN, sys.stderr)} {safe.lines(error.hint)}")


@contextmanager
def progress() -> Iterator[Told]:
    """Yield what is told of each step: a bar that moves on a terminal that can show it, nothing elsewhere."""
    if not style.is_tty(sys.stderr) or os.environ.get("TERM") == "dumb":
        yield lambda _step, _text, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True, no_color=not style.coloured(sys.stderr), highlight=False)
    with Progress(*_columns(), console=console, transient=True) as bars:
        shown = bars.add_task("", total=None)

        def told(step: str, text: str, done: int, total: int) -> None:
            if step == "ask":
                bars.stop()
                return
            bars.start()
            bars.update(shown, description=safe.line(text), completed=done, total=total or None)

        yield told


def _columns() -> Iterator[ProgressColumn]:
    """Yield what a line of progress is made of: a bar and a size only while something of a known size comes."""
    from rich.progress import BarColumn, DownloadColumn, SpinnerColumn, Task, TextColumn
    from rich.text import Text

    class Bar(BarColumn):
        def render(self, task: Task) -> Any:
            return super().render(task) if task.total else Text()

    class Size(DownloadColumn):
        def render(self, task: Task) -> Text:
            return super().render(task) if task.total else Text()

    yield from (SpinnerColumn(), TextColumn("{task.description}", markup=False), Bar(24), Size())


def when(seconds: float) -> str:
    """Return a time as people read it."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
