"""What the owner has signed on this machine: the keys that verify it, from a folder that is the user's alone.

Nothing of it comes from anywhere else: no index, no bundle and no file beside a wheel says what one's own signature is.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai_marketplace.client.source import Trust
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.trust.rules import LOCAL

if TYPE_CHECKING:
    from lumosai_marketplace.client.lock import Locked
    from lumosai_marketplace.client.market import Market

FILE = "trusted_root.json"
_MAX = 1024 * 1024
_OTHERS = 0o077
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def folder_of(market: Market) -> Path:
    """Return where one's own instance is. Raises RefusedError ``trust.own`` for a market that has none."""
    if market.own is None:
        raise RefusedError("trust.own", "this host takes nothing that is signed on its own machine")
    return market.own


def trust(market: Market) -> Trust:
    """Return whom to believe about one's own plugins; what any index revokes is not believed of oneself either.

    Raises RefusedError ``trust.own`` where there is no instance, or it is not its user's alone.
    """
    from lumosai_marketplace.client.keeper import read_revoked

    revoked = {sha: why for each in read_revoked(market.revoked).values() for sha, why in each.items()}
    return trust_of(folder_of(market), revoked)


def trust_of(folder: Path, revoked: Mapping[str, str]) -> Trust:
    """Return whom to believe about what the instance in *folder* has signed. Raises RefusedError ``trust.own``."""
    from lumosai_marketplace.trust.roots import Roots
    from lumosai_marketplace.trust.verify import Verifier

    check_alone(folder)
    try:
        data = read_file(folder / FILE, _MAX)
    except OSError as e:
        raise _refused(folder / FILE, f"cannot be read: {e.strerror}") from None
    return Trust(LOCAL, Verifier(Roots.from_json(data)), revoked=revoked)


def read_file(path: Path, limit: int) -> bytes:
    """Return a file of the instance, not through a link. Raises OSError, RefusedError ``trust.own``."""
    with os.fdopen(os.open(path, _FLAGS), "rb") as file:
        found = os.fstat(file.fileno())
        data = file.read(limit + 1)
    if not stat.S_ISREG(found.st_mode) or _is_others(found) or len(data) > limit:
        raise _refused(path, "is no file of your own")
    return data


def check_alone(folder: Path) -> None:
    """Raise RefusedError ``trust.own`` unless *folder* is there, no link, its user's, and closed to everybody else."""
    try:
        found = folder.lstat()
    except OSError:
        raise _refused(folder, "is not there: nothing was signed on this machine") from None
    if not stat.S_ISDIR(found.st_mode):
        raise _refused(folder, "is a link, or no folder")
    if _is_others(found):
        raise _refused(folder, "belongs to, or is open to, somebody else", f"chmod 700 {folder}")


def _is_others(found: os.stat_result) -> bool:
    return os.name == "posix" and (found.st_uid != os.geteuid() or bool(found.st_mode & _OTHERS))


def is_own(locked: Locked | None) -> bool:
    """Tell whether an entry of the lock is the owner's own work."""
    return locked is not None and locked.index == LOCAL


def nowhere(locked: Locked, what: str) -> RefusedError:
    """Return the refusal of what only an index could do for a plugin."""
    return RefusedError(
        "trust.own",
        f"{locked.name} {locked.version} is your own, signed on this machine: {what}",
        hint=f"install its wheel: lumos plugin install ./{locked.file}",
    )


def _refused(path: Path, why: str, hint: str | None = None) -> RefusedError:
    return RefusedError(
        "trust.own",
        f"{path}, where your own signatures are kept, {why}",
        hint=hint or "plugins of your own are signed by: lumos plugin install ./dist/NAME.whl",
    )
